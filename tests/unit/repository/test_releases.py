"""What a release is found and cited by, and the recipe of its container."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from projects import PARTS

VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9a-z.]+)?")


@pytest.fixture(scope="module")
def citation(repository: Path) -> dict:
    return yaml.safe_load((repository / "CITATION.cff").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def recipe(repository: Path) -> list[tuple[str, str]]:
    """The instructions of the container's recipe, each with what follows."""
    text = (repository / "envs/Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return [
        (word, rest)
        for word, _, rest in (line.partition(" ") for line in text.splitlines())
        if word.isupper()
    ]


def test_the_citation_has_what_its_format_requires(citation):
    assert citation["cff-version"] == "1.2.0"
    assert citation["message"] and citation["title"] and citation["abstract"]
    assert citation["type"] in ("software", "dataset")
    assert citation["authors"] and all(
        author.keys() & {"name", "family-names"} for author in citation["authors"]
    )
    assert VERSION.fullmatch(citation["version"])


def test_the_citation_names_the_licence_that_stands_in_the_repository(citation, repository):
    assert (repository / "LICENSE").read_text(encoding="utf-8").startswith(f"{citation['license']} License")


def test_the_changelog_has_a_part_for_the_version_of_the_citation_or_it_is_not_released(citation, repository):
    changes = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    parts = re.findall(r"(?m)^## \[?(Unreleased|\d[^\s\]]*)", changes)
    assert parts[0] == "Unreleased"
    assert citation["version"] in parts or citation["version"].endswith("-dev")


def test_the_catalogs_entry_has_its_keys_and_what_it_says_is_there(repository):
    usage = yaml.safe_load((repository / ".snakemake-workflow-catalog.yml").read_text("utf-8"))["usage"]
    assert usage.keys() == {"mandatory-flags", "software-stack-deployment", "report"}
    assert usage["mandatory-flags"].keys() == {"desc", "flags"}
    rules = "".join(path.read_text(encoding="utf-8") for path in (repository / "rules").glob("*.smk"))
    assert usage["software-stack-deployment"] == {"conda": "conda:" in rules}
    assert usage["report"] is ("report(" in rules)
    for name in ("Snakefile", "README.md", "LICENSE", "profiles/default/config.yaml"):
        assert (repository / name).is_file(), name


def test_the_container_has_all_that_a_run_needs_and_copies_only_what_is_there(recipe, repository):
    copied = {name for word, rest in recipe if word == "COPY" for name in rest.split()[:-1]}
    assert [name for name in copied if not (repository / name).exists()] == []
    assert {part.split("/")[0] for part in PARTS} <= copied


def test_the_container_is_made_from_the_pins_of_the_machine_without_a_gpu(recipe, repository):
    words = dict(recipe)
    pythons = re.search(r"PYTHONS = \[(.*)\]", (repository / "envs/pin.py").read_text("utf-8"))[1]
    python = re.match(r"python:(3[.]\d+)-", words["FROM"])[1]
    assert f'"{python}"' in pythons
    assert ("RUN", "python3 envs/make_venv.py") in recipe
