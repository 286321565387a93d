"""The registry of the rules, and that nobody else lists rules by name."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from study_files import REPOSITORY

from skillift.costs.stages import PAID
from skillift.errors import UserError
from skillift.stages import FAMILIES, RULES, SUBJECTS, counted, family, jobs_of, rule_named, working
from skillift.study.study import load_study

LINES = {rule.name: rule for rule in RULES}
COMPARISONS = {"==", "!=", "in"}


def test_each_rule_has_one_line_of_known_words():
    assert [name for name, number in Counter(rule.name for rule in RULES).items() if number > 1] == []
    for rule in RULES:
        assert rule.subject in SUBJECTS
        assert rule.asks in (None, "episodes", *PAID)
        assert rule.work in (None, "pretraining", "training", "answering")
        assert rule.needs in (None, "corpora", "scratch")


def test_the_command_of_each_rule_stands_in_the_folder_of_its_stage():
    called = re.compile(r'python "\$SCRIPTS/(\w+)/\w+\.py"')
    found = {
        path.stem: set(called.findall(path.read_text(encoding="utf-8")))
        for path in (REPOSITORY / "rules").glob("*.smk")
    }
    assert {stage: folders for stage, folders in found.items() if folders - {stage}} == {}
    assert sum(map(bool, found.values())) > 12


def test_a_rule_without_a_line_follows_the_conventions():
    known = rule_named("measure_lengths")
    assert (known.asks, known.work, known.device, known.counted) == (None, None, False, True)
    assert known.files() == "measure_lengths"


def test_logs_and_benchmarks_stand_in_a_folder_of_the_rule_by_its_subject():
    assert LINES["score"].files() == "score"
    assert LINES["judge"].files() == "judge/{judge}/{student}/{run}"
    assert LINES["generate"].files(1) == "generate/{student}/{run}"
    assert LINES["generate"].files(3) == "generate/{student}/{run}/{shard}"
    assert LINES["train"].files(3) == "train/{student}/{run}"


def test_rules_of_a_family_share_a_name():
    assert family("make_figure_lift") == "make_figure_*"
    assert family("make_table_claims") == "make_table_*"
    assert family("make_costs") == "make_costs"


def test_costs_end_with_the_analysis():
    assert counted()[0] == "build_tasks" and counted()[-1] == "analyse"


def test_what_takes_a_student_is_known_by_its_work():
    assert [rule.name for rule in working("answering")] == ["generate"]


def test_the_jobs_of_a_rule_are_those_of_the_studys_students_runs_and_judges():
    study = load_study(REPOSITORY / "studies/smoke.yaml")
    rule = LINES["judge"]
    jobs = list(jobs_of(rule, SUBJECTS[rule.subject], study))
    assert len(jobs) == len(study.judges) * len(study.runs)
    assert {"judge": "tail", "student": "s", "run": "sft-s0"} in jobs
    assert list(jobs_of(LINES["score"], (), study)) == [{}]
    with pytest.raises(
        UserError, match=r"rule new: found .*weather.*, expected of run, student.*counted=False"
    ):
        list(jobs_of(rule_named("new"), ("weather",), study))


def test_a_study_without_trainings_has_no_jobs_for_corpora():
    study = load_study(REPOSITORY / "studies/smoke.yaml")
    study.data["runs"] = []
    assert list(jobs_of(LINES["collect_demonstrations"], (), study)) == []
    assert list(jobs_of(LINES["build_tokenizer"], (), study)) == [{}]


def rule_names() -> set[str]:
    """The names in the files of rules, and those of the families."""
    found = set(FAMILIES)
    for path in (REPOSITORY / "rules").glob("*.smk"):
        found |= set(re.findall(r"^ *rule (\w+):", path.read_text(encoding="utf-8"), re.MULTILINE))
    return found


def listed(text: str, names: set[str]) -> Iterator[str]:
    """Where code lists rules by name.

    That is two or more names as texts within one pair of brackets (a list, tuple, set or dictionary), or one
    in a logical line that compares a `rule` or `rule_name` (==, !=, in) or is a `case`.
    Code of Python and of Snakemake alike, read by tokens; longer texts that hold such a name do not count.
    """
    if not re.search(rf"""["']({"|".join(names)})["']""", text):
        return
    groups: list[set[str]] = [set()]
    line: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        line.append(token)
        if token.type == tokenize.STRING and (found := _text(token.string)) in names:
            groups[-1].add(found)
        elif token.string in ("(", "[", "{"):
            groups.append(set())
        elif token.string in (")", "]", "}") and len(group := groups.pop()) > 1:
            yield f"line {token.start[0]}: {', '.join(sorted(group))}"
        elif token.type == tokenize.NEWLINE:
            words = [each.string for each in line if each.type in (tokenize.NAME, tokenize.OP)]
            texts = {_text(each.string) for each in line if each.type == tokenize.STRING}
            compares = COMPARISONS & {*words} and {"rule", "rule_name"} & {*words}
            if (compares or words[:1] == ["case"]) and texts & names:
                yield f"line {token.start[0]}: {', '.join(sorted(texts & names))}"
            line = []


def _text(literal: str) -> str | None:
    try:
        value = ast.literal_eval(literal)
    except (SyntaxError, ValueError):  # an f-string, or one of Snakemake's
        return None
    return value if isinstance(value, str) else None


def sources() -> list[Path]:
    """All code of the workflow but the registry."""
    scripts = REPOSITORY / "workflow_scripts"
    found = [*scripts.rglob("*.py"), *(REPOSITORY / "rules").glob("*.smk"), REPOSITORY / "Snakefile"]
    return [path for path in found if path != scripts / "skillift/stages.py"]


def test_no_other_module_lists_rules_by_name():
    names = rule_names()
    assert len(names) > 25 and len(sources()) > 100
    found = [
        f"{path.relative_to(REPOSITORY)}, {place}"
        for path in sources()
        for place in listed(path.read_text(encoding="utf-8"), names)
    ]
    assert found == [], "say it in workflow_scripts/skillift/stages.py"


@pytest.mark.parametrize(
    "code",
    [
        'ASKING = ("ask_reference",\n    "judge")\n',
        'PAID = {"judge": 1, "certify_judge": 2}\n',
        'if job.rule == "train":\n    pass\n',
        'if rule_name in ("train",):\n    pass\n',
        'match rule.name:\n    case "train":\n        pass\n',
        'rule x:\n    input:\n        expand("{rule}", rule=["score", "analyse"]),\n',
    ],
)
def test_a_list_of_rules_is_found(code):
    assert list(listed(code, rule_names()))


@pytest.mark.parametrize(
    "code", ['SUITES = ("train", "dev")\n', 'column = frame["judge"] == 1\n', 'rule x:\n    log: "judge"\n']
)
def test_other_uses_of_the_same_words_are_not(code):
    assert list(listed(code, rule_names())) == []
