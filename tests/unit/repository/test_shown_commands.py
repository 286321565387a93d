"""Every command that README and docs show is one that there is, with the options that it has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from shown_commands import pages, shown

from skillift.study.commands_page import parser_of

# of the shell, and programs of others: what the page says is needed for them
OTHERS = {"cp", "export", "nano", "lm_eval", "lighteval", "inspect", "vllm"}
# what commands pass on to Snakemake
SNAKEMAKE = {"-n", "--config", "--cores", "--until", "--workflow-profile"}


@pytest.fixture(scope="module")
def commands(repository: Path) -> list[tuple[str, list[str]]]:
    found = shown(pages(repository))
    assert len(found) > 50
    return found


def test_every_program_is_known(commands):
    known = OTHERS | {"make", "snakemake", "python"}
    assert [
        (page, words) for page, words in commands if words[0].removeprefix(".venv/bin/") not in known
    ] == []


def test_targets_of_make_are_there_and_read_the_variables_that_they_are_given(commands, repository):
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    calls = [(page, words[1:]) for page, words in commands if words[0] == "make"]
    assert len(calls) > 15
    for page, words in calls:
        target = re.split(rf"\n{words[0]}: (?=.*##)", makefile)
        assert len(target) == 2, (page, words)
        recipe = target[1].split("\n\n")[0]
        given = {word.partition("=")[0] for word in words[1:]}
        assert all(f"$({name})" in recipe or f"$(if $({name})" in recipe for name in given), (page, words)


def test_commands_are_there_and_take_the_options_that_are_shown(commands, repository):
    calls = [(page, words[1:]) for page, words in commands if words[0].removeprefix(".venv/bin/") == "python"]
    assert len(calls) > 15
    for page, (path, *words) in calls:
        if "--help" in words or path.startswith("tests/") or path == "envs/pin.py":
            assert (repository / path).is_file(), (page, path)
            continue
        options = parser_of(repository / path)._option_string_actions
        shown_options = {word.partition("=")[0] for word in words if re.match(r"--?[a-zA-Z]", word)}
        passed_on = SNAKEMAKE if Path(path).name in ("run_study.py", "audit.py") else set()
        assert shown_options <= {*options, *passed_on}, (page, path)


def test_options_of_snakemake_are_its_own(commands):
    from snakemake.cli import get_argument_parser

    options = {name for action in get_argument_parser()._actions for name in action.option_strings}
    calls = [(page, words) for page, words in commands if words[0].removeprefix(".venv/bin/") == "snakemake"]
    assert len(calls) > 5
    for page, words in calls:
        assert {word for word in words if word.startswith("-")} <= options, (page, words)


def test_studies_that_are_shown_are_there_or_the_readers_own(commands, repository):
    named = {word.rpartition("=")[2] for _, words in commands for word in words if "studies/" in word}
    assert {name for name in named if "." in Path(name).name and not (repository / name).exists()} <= {
        "studies/mine.yaml"
    }
