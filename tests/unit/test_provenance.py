"""What a change of code or settings does to a digest."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from projects import commands

from skillift import provenance

JUDGE = '''"""Judge episodes."""
from lib import parsing
from lib.tables import read, write as save

def main(argv=None):
    save(parsing.parse(read(argv)))
'''
TRAIN = '''"""Train."""
from lib.tables import read

def main(argv=None):
    return read(argv)
'''
TABLES = '''"""Tables."""
LIMIT = 3

def read(path):
    """Read a table."""
    return path, LIMIT  # all of it

def write(frame):
    return _atomic(frame)

def _atomic(frame):
    return frame
'''
PARSING = '''"""Parsing."""

def parse(frame):
    from lib.words import WORDS
    return [WORDS for _ in frame]

def unused(frame):
    return None
'''


@pytest.fixture
def scripts(tmp_path: Path):
    """A small folder of commands and their library, edited by `edit(file, old, new)`."""
    (tmp_path / "lib").mkdir()
    files = {
        "judge.py": JUDGE,
        "train.py": TRAIN,
        "lib/__init__.py": "",
        "lib/tables.py": TABLES,
        "lib/parsing.py": PARSING,
        "lib/words.py": "WORDS = 'a'\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def digests(scripts: Path) -> dict[str, str]:
    for cached in (provenance._file, provenance._parse, provenance._read_symbol):
        cached.cache_clear()
    return {name: provenance.code_digest(f"{name}.py", scripts=scripts) for name in ("judge", "train")}


def changed_by(scripts: Path, file: str, old: str, new: str) -> set[str]:
    before = digests(scripts)
    path = scripts / file
    text = path.read_text()
    assert old in text, "the edit must hit"
    path.write_text(text.replace(old, new))
    after = digests(scripts)
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("file", "old", "new", "affected"),
    [
        ("lib/parsing.py", "[WORDS for", "[None for", {"judge"}),
        ("lib/words.py", "'a'", "'b'", {"judge"}),
        ("lib/tables.py", "return frame", "return [frame]", {"judge"}),
        ("lib/tables.py", "LIMIT = 3", "LIMIT = 4", {"judge", "train"}),
        ("lib/tables.py", "return path, LIMIT", "return LIMIT, path", {"judge", "train"}),
        ("train.py", "return read(argv)", "return read(argv or [])", {"train"}),
        ("lib/parsing.py", "return None", "return 1", set()),
        ("lib/tables.py", "  # all of it", "  # everything", set()),
        ("lib/tables.py", '"""Read a table."""', '"""Read one."""', set()),
        ("lib/tables.py", "return path, LIMIT", "return (\n        path,\n        LIMIT,\n    )", set()),
    ],
)
def test_an_edit_changes_exactly_the_commands_that_reach_it(scripts, file, old, new, affected):
    assert changed_by(scripts, file, old, new) == affected


def test_a_statement_that_runs_at_import_is_reached_by_every_importer(scripts):
    assert changed_by(scripts, "lib/tables.py", "LIMIT = 3\n", "LIMIT = 3\nprint('hello')\n") == {
        "judge",
        "train",
    }


def test_a_module_loaded_by_a_computed_name_counts_when_the_rule_names_it(scripts):
    plain = provenance.code_digest("train.py", scripts=scripts)
    assert provenance.code_digest("train.py", "lib.words", scripts=scripts) != plain


def test_a_missing_command_is_an_error(scripts):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        provenance.code_digest("nowhere.py", scripts=scripts)


@pytest.mark.slow
def test_each_command_of_the_project_has_a_digest_that_sees_its_library():
    assert len(commands()) > 40
    for command in commands():
        assert len(provenance.code_digest(command.relative_to(provenance.SCRIPTS).as_posix())) == 16
        imported = [
            node for node in ast.walk(ast.parse(command.read_text())) if isinstance(node, ast.ImportFrom)
        ]
        assert any((node.module or "").startswith("skillift") for node in imported)


def test_a_spec_does_not_depend_on_the_order_of_its_keys():
    assert provenance.canonical({"lr": 0.1, "epochs": 2}) == provenance.canonical({"epochs": 2, "lr": 0.1})


def test_swapped_values_give_another_spec():
    assert provenance.canonical({"lr": 1, "epochs": 2}) != provenance.canonical({"lr": 2, "epochs": 1})


@pytest.mark.parametrize("value", [Path("x"), {1, 2}, float("nan"), float("inf")])
def test_a_value_without_a_json_form_is_an_error_and_not_dropped(value):
    with pytest.raises((TypeError, ValueError)):
        provenance.canonical({"value": value})


def test_how_mistakes_are_told_and_what_keys_mean_is_no_part_of_a_steps_code():
    digest = provenance.code_digest("training/train.py", "skillift.training.objectives.sft")
    modules = {symbol.partition(":")[0] for symbol in provenance.code_behind()[digest]}
    assert {"skillift.settings.specs", "skillift.settings.training", "skillift.training.fit"} <= modules
    told = {"skillift.settings.problems", "skillift.settings.descriptions", "skillift.settings.expectations"}
    assert not modules & {*told, "skillift.settings.study_file", "skillift.yaml_sources.wording"}
