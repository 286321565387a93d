"""A study file is checked whole before any job: what is wrong, where, and the fix."""

from __future__ import annotations

import copy
import itertools
import json
import subprocess
import sys

import pytest
import yaml
from bad_studies import BAD_STUDIES
from study_files import EMBEDDED, REPOSITORY

from skillift.errors import UserError
from skillift.provenance import canonical
from skillift.study.study import load_study


@pytest.fixture
def problems_of(study_file):
    """The lines that loading a study file raises, after replacements in the embedded study."""

    def problems(*replacements: tuple[str, str]) -> list[str]:
        text = EMBEDDED
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new, 1)
        with pytest.raises(UserError) as caught:
            load_study(study_file(text))
        return str(caught.value).splitlines()

    return problems


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(EMBEDDED.splitlines(), 1) if text in line)


STUDIES = sorted(set((REPOSITORY / "studies").glob("*.yaml")) - {REPOSITORY / "studies/template.yaml"})


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.name)
def test_every_study_of_the_repository_loads(path):
    assert load_study(path).name == path.stem


@pytest.mark.parametrize(("replacement", "expected"), BAD_STUDIES.values(), ids=BAD_STUDIES)
def test_a_bad_study_is_refused_with_file_line_key_and_fix(problems_of, replacement, expected):
    lines = problems_of(replacement)
    told = [line for line in lines if all(part in line for part in expected)]
    assert told, lines
    assert all(f"study.yaml:{line.split(':')[1]}: " in line and int(line.split(":")[1]) > 0 for line in lines)


def test_a_folder_that_holds_an_adapter_alone_is_told_so(problems_of, tmp_path):
    (tmp_path / "tuned").mkdir()
    (tmp_path / "tuned/adapter_config.json").write_text('{"base_model_name_or_path": "owner/base"}')
    (line,) = problems_of(("references: {}", "references: {big: {tier: 4, source: path, path: tuned}}"))
    assert "references.big.path: found 'an adapter without its model'" in line
    assert "Merge it into its model (owner/base)" in line


def test_without_max_model_len_prompts_decide_and_served_weights_are_merged(study_file):
    text = EMBEDDED.replace("  max_model_len: 256\n", "")
    inference = load_study(study_file(text)).episodes_spec("s", "sft-s0").inference.model_dump()
    assert "max_model_len" not in inference
    assert (inference["adapters"], inference["batch_invariant"]) == ("merged", False)
    # how adapters are served is no matter of a run without one
    assert "adapters" not in load_study(study_file(text)).episodes_spec("s", "base").inference.model_dump()


def test_stop_texts_are_a_part_of_how_runs_answer_and_of_no_training(study_file):
    study = load_study(
        study_file(EMBEDDED.replace("  max_model_len", '  stop: ["\\n\\nUser:"]\n  max_model_len'))
    )
    for run in ("base", "sft-s0"):
        assert study.episodes_spec("s", run).inference.model_dump()["stop"] == ["\n\nUser:"]
    plain = load_study(study_file(EMBEDDED))
    assert "stop" not in plain.episodes_spec("s", "base").inference.model_dump()
    assert study.train_spec("s", "sft-s0") == plain.train_spec("s", "sft-s0")


def test_the_line_of_a_problem_is_the_keys_own(problems_of):
    (line,) = problems_of(("attempts: 1", "attempts: none"))
    assert f"study.yaml:{line_of('attempts: 1')}: teacher.attempts: " in line


def test_independent_problems_are_reported_together_in_the_files_order(problems_of):
    lines = problems_of(
        ("primary_judge: conclusion", "primary_judge: nobody"),
        ("difficulty: tiny", "difficulty: tinny"),
        ("    corpus: worked", "    corpus: nowhere"),
    )
    assert ["difficulty" in lines[0], "corpus" in lines[1], "primary_judge" in lines[2]] == [True] * 3


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "found an empty file"),
        (b"# nothing here\n", "found an empty file"),
        (b"null\n", "found an empty document"),
        (b"- a\n- b\n", "found a list, expected a mapping"),
        (b"name: \xff\n", "not UTF-8"),
        (b"name: &a [*a]\n", "an alias of itself"),
        (b"name: !!python/object:os.system {}\n", "not YAML"),
        (b"\tname: x\n", "not YAML"),
    ],
)
def test_a_file_that_is_no_study_is_named(tmp_path, content, expected):
    path = tmp_path / "other.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        load_study(path)
    assert str(caught.value).startswith(str(path))
    assert expected in str(caught.value)


def test_a_missing_study_file_names_those_there_are(tmp_path):
    (tmp_path / "mine.yaml").write_text("name: mine\n")
    with pytest.raises(
        UserError, match=r"absent\.yaml: found no such file, expected a study file.*mine\.yaml"
    ):
        load_study(tmp_path / "absent.yaml")
    with pytest.raises(UserError, match="expected a readable study file"):
        load_study(tmp_path)


DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
ODD_VALUES = [None, [], {}, -1, True, "2e-5"]


def _places(value, key=()):
    if key:
        yield key
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from _places(item, (*key, name))


@pytest.mark.slow
@pytest.mark.parametrize(("tried", "expected"), [(1, 50), pytest.param(6, 300, marks=pytest.mark.nightly)])
def test_no_value_anywhere_in_a_study_ends_in_a_traceback(study_file, tried, expected):
    """At each place so many of the odd values, in turn."""
    plain = yaml.safe_load(EMBEDDED)
    refused, turn = 0, itertools.cycle(ODD_VALUES)
    alike = {"m", "l", "answer_only", "tail"}  # of the form of another entry
    for key in _places(plain):
        if alike & set(key[1:2]):
            continue
        for odd in itertools.islice(turn, tried):
            changed = copy.deepcopy(plain)
            around = changed
            for part in key[:-1]:
                around = around[part]
            around[key[-1]] = odd
            try:
                canonical(load_study(study_file(yaml.dump(changed, Dumper=DUMPER))).data)
            except UserError:
                refused += 1
    assert refused > expected


def test_loading_is_cheap_enough_for_every_dry_run():
    code = (
        "import sys; from skillift.study.study import load_study; "
        "load_study('studies/embedded.yaml'); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=REPOSITORY, capture_output=True, text=True
    )
    modules = done.stdout.split()
    heavy = {"polars", "pandas", "torch", "transformers", "litellm", "pandera"}
    assert "skillift.study.study" in modules and heavy.isdisjoint(modules)


# What a study answers ------------------------------------------------------------------------------


def test_a_placeholder_in_braces_is_told_as_a_reader_sees_it(study_file):
    text = EMBEDDED.replace("max_tokens: 48", "max_tokens: {{tokens}}")
    assert text != EMBEDDED
    with pytest.raises(UserError) as caught:
        load_study(study_file(text))
    assert "inference.max_tokens: found a list or mapping in place of a key" in str(caught.value)
    assert "ScalarNode" not in str(caught.value)


@pytest.mark.parametrize("name", ["tasks", "skills"])
def test_a_path_too_long_to_look_for_is_a_mistake_of_the_study(name, study_file):
    files = {"tasks": "t.csv", "skills": "s.yaml", name: "a" * 300 + ".csv"}
    pack = EMBEDDED[EMBEDDED.index("tasks:") : EMBEDDED.index("conditions:")]
    with pytest.raises(UserError, match=rf"tasks\.files\.{name}: found 'aaa"):
        load_study(study_file(EMBEDDED.replace(pack, f"tasks:\n  files: {json.dumps(files)}\n")))


def test_a_path_with_braces_is_refused_before_snakemake_fills_them_in(study_file):
    pack = EMBEDDED[EMBEDDED.index("tasks:") : EMBEDDED.index("conditions:")]
    files = {"tasks": "my {x}/t.csv", "skills": "s.yaml"}
    with pytest.raises(
        UserError, match=r"tasks\.files\.tasks: found '\{x\}', expected a path without braces"
    ):
        load_study(study_file(EMBEDDED.replace(pack, f"tasks:\n  files: {json.dumps(files)}\n")))
