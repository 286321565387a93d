"""What may stand in the repository: known names at the top, and no trace of the machine it was made on."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOP_LEVEL = {
    *(
        "Snakefile",
        "config.yaml",
        "studies",
        "rules",
        "envs",
        "profiles",
        "workflow_scripts",
        "tests",
        "docs",
    ),
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "Makefile"),
    *(".ci", ".gitignore", ".gitattributes", ".editorconfig", ".pytest.ini", ".pre-commit-config.yaml"),
    *(
        ".ruff.toml",
        ".importlinter",
        ".mypy.ini",
        ".codespellrc",
        ".zensical.toml",
        ".snakemake-workflow-catalog.yml",
    ),
}
MIB = 1024**2

# Split, so that this file does not hold what it looks for.
REGISTRY = re.compile("|".join(["files.python" + "hosted", "py" + "pi.org/simple", "download.py" + "torch"]))
INDEX_OPTION = re.compile(r"--(extra-)?index-url[ =]+\S*//|--find-links[ =]+\S*/")
HOME = re.compile(r"(?<![\w.])/(root|home/[a-z]\w*|Users/\w+|work/main)/")
# Words of a private English, and the plain ones that a newcomer knows; in names of the code, too.
PLAIN_WORDS = {
    "men" + "d(s|ed|ing)?": "fix",
    "hee" + "d(s|ed|ing)?": "defer, handle, obey",
    r"fro" + r"m\s+nothing": "from scratch",
    "a" + "new": "again, rebuilt",
    r"hand(s|ed|ing)?[\s_]+i" + "n": "submit",
    "ow" + "(e|es|ed|ing)": "need, support",
    "life" + "line|hold_on" + "_to": "parent_watchdog, exit_with_parent",
    "leave_no" + "_jobs|end_left" + "_jobs": "cancel_orphaned_jobs",
    "take_short" + "cuts|looking" + "_once": "cache_planning, cache_file_lookups",
    "stays" + "_here": "runs_locally",
    r"what\s+comes\s+of" + r"\s+it": "outcome",
}
PRIVATE_WORD = re.compile(rf"(?i)(?<![a-z])({'|'.join(PLAIN_WORDS)})(?![a-z])")
INDEX_URL = re.compile(r"(?i)\w*index_url\W+https?://(?!127\.0\.0\.1)")


@pytest.fixture(scope="module")
def tracked(repository: Path) -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=True
    )
    paths = [repository / name for name in done.stdout.split("\0") if name]
    assert len(paths) > 20
    return [path for path in paths if path.is_file()]


def lines_with(pattern: re.Pattern, paths: list[Path], repository: Path) -> list[str]:
    """`file:line` of every line on which a match begins; files that are no text are passed over."""
    found = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        starts = [text.count("\n", 0, match.start()) + 1 for match in pattern.finditer(text)]
        found += [f"{path.relative_to(repository)}:{number}" for number in dict.fromkeys(starts)]
    return found


@pytest.mark.parametrize("name", ["report.html", "report.zip", "audit.html", "analysis/effects.parquet"])
def test_what_commands_write_where_they_are_called_is_ignored(repository, name):
    """`snakemake --report` writes report.html; docs and commands name the others in their examples."""
    ignored = subprocess.run(["git", "check-ignore", "--no-index", name], cwd=repository, check=False)
    assert ignored.returncode == 0


def test_the_top_level_holds_known_names_alone(tracked, repository):
    assert {path.relative_to(repository).parts[0] for path in tracked} - TOP_LEVEL == set()


@pytest.mark.parametrize("pattern", [REGISTRY, INDEX_OPTION, INDEX_URL], ids=["host", "option", "variable"])
def test_no_file_names_a_package_registry(pattern, tracked, repository):
    assert lines_with(pattern, tracked, repository) == []


def test_no_file_names_a_place_on_one_machine(tracked, repository):
    assert lines_with(HOME, tracked, repository) == []


def test_no_file_uses_a_word_of_a_private_english(tracked, repository):
    found = lines_with(PRIVATE_WORD, tracked, repository)
    assert found == [], f"Words that a newcomer knows: {PLAIN_WORDS}"


def test_the_patterns_find_what_they_look_for(repository, tmp_path):
    bad = tmp_path / "bad.txt"
    bad.write_text(
        "--index" + "-url https://registry.example/simple\nsee /" + "home/someone/x\n/opt/elsewhere\n"
    )
    assert lines_with(INDEX_OPTION, [bad], tmp_path) == ["bad.txt:1"]
    assert lines_with(HOME, [bad], tmp_path) == ["bad.txt:2"]
    bad.write_text("Recommended.\nBatches are hand" + "ed\nin; self.hee" + "d_all() men" + "ds them.\n")
    assert lines_with(PRIVATE_WORD, [bad], tmp_path) == ["bad.txt:2", "bad.txt:3"]


def test_commands_and_unit_tests_stand_in_folders_of_stages_and_packages(tracked, repository):
    packages = {path.name for path in (repository / "workflow_scripts/skillift").iterdir() if path.is_dir()}
    known = packages | {path.stem for path in (repository / "rules").glob("*.smk")}
    parts = [path.relative_to(repository).parts for path in tracked]
    of_commands = {part[1] for part in parts if part[0] == "workflow_scripts"}
    assert of_commands - known == {"assets", "skillift", "snakemake_inside"}
    of_tests = {part[2] for part in parts if part[:2] == ("tests", "unit") and len(part) > 3}
    assert of_tests - packages == {"repository"}
    modules = {path.stem for path in (repository / "workflow_scripts/skillift").glob("*.py")}
    beside = {part[2] for part in parts if part[:2] == ("tests", "unit") and len(part) == 3}
    assert beside - {f"test_{name}.py" for name in modules} == {"conftest.py"}


def test_no_file_is_larger_than_a_mebibyte(tracked):
    assert [path.name for path in tracked if path.stat().st_size > MIB] == []


def drawn_without_a_seed(text: str) -> list[str]:
    """Calls that give other values in another process: `hash` of a text, generators without a seed."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    names = {node: ast.unparse(node.func) for node in calls}
    unseeded = ("np.random.default_rng", "random.Random", "default_rng")
    return [
        name
        for node, name in names.items()
        if name == "hash"
        or (name in unseeded and not node.args)
        or name in ("random.random", "random.shuffle")
    ]


def test_nothing_is_drawn_without_a_seed(tracked, repository):
    modules = [path for path in tracked if path.suffix == ".py" and "workflow_scripts" in path.parts]
    assert len(modules) > 100
    assert {path.name for path in modules if drawn_without_a_seed(path.read_text(encoding="utf-8"))} == set()
    assert drawn_without_a_seed("hash('a'), np.random.default_rng()") == ["hash", "np.random.default_rng"]


# words that say nothing of what a name is
EMPTY = "a all an and as by for from in is it its of on one or return returns that the this to with"


def restated(text: str) -> list[str]:
    """Public names of a module whose first sentence says no more than the name does."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        said = (ast.get_docstring(node) or "").split("\n\n")[0]
        words = set(re.findall(r"[a-z]+", said.lower())) - set(EMPTY.split())
        if said and len(words - set(re.findall(r"[a-z]+", node.name.lower()))) < 2:
            found.append(node.name)
    return found


def test_a_sentence_at_a_public_name_says_more_than_the_name(tracked):
    """ruff asks for the sentence (D1); this, that it explains."""
    library = [path for path in tracked if path.suffix == ".py" and "workflow_scripts" in path.parts]
    assert {path.name: found for path in library if (found := restated(path.read_text("utf-8")))} == {}
    assert restated('def read_it(): "Read it."\ndef rate(): "Share of tasks that pass."') == ["read_it"]


def test_nothing_that_a_run_makes_is_tracked(tracked, repository):
    made = {".venv", "results", ".skillift", ".snakemake", "__pycache__", ".pytest_cache"}
    assert [path for path in tracked if made.intersection(path.relative_to(repository).parts)] == []


CIRCLES = {
    "reporting/column_text.py": "import skillift.reporting.arms",  # which imports this one
    "errors.py": "import skillift.tables",  # which stands above
}


@pytest.mark.slow
def test_a_circle_of_files_or_packages_that_is_put_back_is_refused(repository, tmp_path):
    """`make lint` asks the same of the project as it is."""
    hidden = shutil.ignore_patterns("__pycache__")
    shutil.copytree(repository / "workflow_scripts/skillift", tmp_path / "skillift", ignore=hidden)
    shutil.copy(repository / ".importlinter", tmp_path)
    for name, line in CIRCLES.items():
        path = tmp_path / "skillift" / name
        path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    done = subprocess.run(
        ["lint-imports", "--no-cache", "--no-logo"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "Contracts: 0 kept, 2 broken." in done.stdout, done.stdout
    assert "skillift.errors is not allowed to import skillift.tables" in done.stdout
    assert (
        "- .column_text -> .arms (1 import)"
        in done.stdout.split("No cycles are allowed in skillift.reporting.")[1]
    )
