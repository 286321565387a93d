"""Process scores of the task pack: which steps of a response follow from the one before."""

from __future__ import annotations

import json

import polars as pl
import pytest
from made_specs import pack_of
from score_tables import make_episodes

from skillift.answers.steps import items_in, rewritten, steps_of
from skillift.scorers.constraints import checks_of, met
from skillift.statistics.pass_rates import responses
from skillift.study.study import load_study
from skillift.taskpack import build_pack

SPEC = {"seed": 1, "per_skill": {"train": 2, "dev": 1, "holdout": 5}}
LETTERS = list("ABCDE")


@pytest.fixture(scope="module", params=["tiny", "easy", "standard"])
def packs(request):
    spec = SPEC | {"difficulty": request.param}
    return build_pack(pack_of(**spec))[1], build_pack(pack_of(**spec, step_checks=True))[1]


def test_every_worked_solution_meets_all_checks_of_its_steps(packs):
    _, tasks = packs
    checked = tasks.drop_nulls("checks")
    assert 0.3 < checked.height / tasks.height < 0.5  # two of five questions ask for steps
    for task in checked.iter_rows(named=True):
        assert len(checks_of(task["checks"])) == 5
        assert met(task["worked_solution"], task["checks"]) == [True] * 5, task["task_id"]


def test_with_another_list_in_a_step_that_step_and_at_most_the_next_do_not_follow(packs):
    _, tasks = packs
    for task in tasks.drop_nulls("checks").head(60).iter_rows(named=True):
        lines = task["worked_solution"].splitlines()
        order = json.loads(task["checks"])[0]["order"]
        stray = next(item for item in order if item not in items_in(lines[2], order))
        lines[2] = f"Step 3: Take {stray}"
        found = met("\n".join(lines), task["checks"])
        assert found[0] and found[1] and found[4] and not found[2], task["task_id"]


def test_without_the_key_tasks_are_the_same_and_have_no_such_column(packs):
    plain, checked = packs
    assert "checks" not in plain.columns and checked.drop("checks").equals(plain)


@pytest.mark.parametrize(
    ("rewriting", "before", "after"),
    [
        ({"take": [2, 1, 0], "length": 3}, "A C B", "B C A"),
        ({"take": [0], "length": 3}, "A C", None),
        ({"sort": "up"}, "C A B", "A B C"),
        ({"sort": "down"}, "C A B", "C B A"),
        ({"move": "lowest"}, "C A B", "A C B"),
        ({"move": "highest"}, "C A B", "A B C"),
        ({"step": 1}, "A E", "B A"),
        ({"step": -1}, "A E", "E D"),
        ({"sort": "up", "if": [0, -1]}, "C A B", "A B C"),
        ({"sort": "up", "if": [0, -1]}, "A C B", "A C B"),
        ({"sort": "up"}, "A X", None),
    ],
)
def test_rewritings_are_what_they_say(rewriting, before, after):
    found = rewritten(before.split(), [rewriting], LETTERS)
    assert found == (None if after is None else tuple(after.split()))


def test_steps_are_read_by_their_labels_and_lists_from_their_ends():
    text = "<think>Step 1: A</think>I go on.\n**Step 1:** Copy A, B\nStep 2: Push B A; Take b.\nANSWER: B"
    assert steps_of(text) == {1: "** Copy A, B", 2: "Push B A; Take b."}
    assert [items_in(each, LETTERS) for each in steps_of(text).values()] == [("A", "B"), ("B",)]
    assert items_in("no list here", LETTERS) == ()


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        ({"by": "sort"}, "by 'sort', expected a list"),
        ({"by": [{"sort": "up", "eval": "1"}]}, "expected take and length, sort, move or step"),
        ({"step": "last"}, "step 'last', expected a number or answer"),
        ({"order": []}, "expected a list"),
    ],
)
def test_what_is_no_check_of_a_step_is_named(change, mistake):
    check = {"kind": "follows", "step": 2, "by": [{"sort": "up"}], "order": LETTERS}
    with pytest.raises(ValueError, match=mistake):
        checks_of(json.dumps([check | change]))


def test_the_share_of_steps_is_the_metric_and_what_passes_stays():
    tasks = build_pack(pack_of(**SPEC, step_checks=True))[1].filter(suite="holdout")
    checked = tasks.drop_nulls("checks").head(3)
    wrong = checked["worked_solution"].str.replace("Step 3: .*", "Step 3: so")
    episodes = make_episodes(0, {"none": [checked["worked_solution"][0], wrong[1], "I cannot say."]})
    ids = dict(zip(episodes["task_id"].unique().sort(), checked["task_id"], strict=True))
    seen = responses(episodes.with_columns(pl.col("task_id").replace(ids)), "s", "base", tasks)
    by_task = dict(seen.select("task_id", "constraints").iter_rows())
    assert [by_task[task_id] for task_id in checked["task_id"]] == pytest.approx([1.0, 3 / 5, 0.0])
    assert set(checked["scorer"]) <= {"answer_line", "judge"}


def test_a_study_that_checks_steps_trains_nothing_again(tmp_path, repository):
    text = (repository / "studies/smoke.yaml").read_text()
    asking = tmp_path / "asking.yaml"
    asking.write_text(text.replace("difficulty: tiny\n", "difficulty: tiny\n    step_checks: true\n", 1))
    plain, checked = load_study(repository / "studies/smoke.yaml"), load_study(asking)
    student = next(iter(plain.data["students"]))
    for spec in (lambda study: study.tasks_spec("train"), lambda study: study.pretrain_spec(student)):
        assert spec(plain) == spec(checked)
    assert plain.tasks_spec("holdout") != checked.tasks_spec("holdout")
