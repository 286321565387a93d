"""Claims about the figure of a training's course: every step, the mean over seeds where all have one."""

from __future__ import annotations

import math
import re

import polars as pl
import pytest
from depth_tables import DEPTH, course_of, gains, make_arms, runs_of
from made_specs import viewed

from skillift.figures import draw
from skillift.figures.depth import common_means
from skillift.figures.theme import specification
from skillift.statistics.effects import effects

COURSE = course_of((0.3, 0.25, 0.35, 0.6, 0.8))
LONGER = COURSE | {100: 0.7}
COURSES = {("s", 0): COURSE, ("s", 1): LONGER, ("m", 0): COURSE}
SPEC = {
    "analysis": {"headline_path": "judge:primary", "confidence": 0.95, "depth": DEPTH},
    "students": {"s": {"label": "45 k", "tier": 1}, "m": {"label": "115 k", "tier": 2}},
    "references": [],
    "runs": runs_of(COURSES),
}


LOG = pl.DataFrame(
    [
        {"student": student, "run": f"sft-s{seed}", "step": step, "loss": 2.0 / step, "learning_rate": 0.1}
        for student, seed in COURSES
        for step in range(1, 139)
    ]
)


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return effects(gains(make_arms(COURSES), SPEC["runs"]), 0.95, 100, 0)


def rows_of(chart: dict) -> pl.DataFrame:
    found = next(rows for rows in chart["datasets"].values() if rows and "mean" in rows[0])
    return pl.DataFrame(found, infer_schema_length=None)


def test_every_step_of_every_run_is_drawn_and_the_mean_where_all_runs_have_one(table):
    rows = rows_of(draw("depth", {"effects": table, "log": LOG}, viewed(SPEC)).to_dict())
    runs, means = rows.filter(~pl.col("mean")), rows.filter("mean")
    assert runs.group_by("student", "run").len().sort("student", "run")["len"].to_list() == [5, 5, 6]
    assert means.filter(student="s")["step"].to_list() == sorted(COURSE)  # 100 has one run alone
    of_two = runs.filter(student="s", step=8)["value"].mean()
    assert means.filter(student="s", step=8)["value"].item() == pytest.approx(of_two)


def test_a_step_that_a_run_lacks_has_no_mean():
    rows = pl.DataFrame(
        {
            "student": "s",
            "label": "s",
            "recipe": "sft",
            "run": ["a", "a", "b"],
            "step": [1, 2, 1],
            "value": [1.0, 2.0, 3.0],
            **dict.fromkeys(("n_tasks", "n_skills", "n_unscored"), 5),
        }
    )
    assert common_means(rows).select("step", "value").rows() == [(1, 2.0)]


def test_the_declared_steps_are_shaded_and_without_any_nothing_is(table):
    bare = {**SPEC, "analysis": {name: value for name, value in SPEC["analysis"].items() if name != "depth"}}
    with_steps, without = (
        str(draw("depth", {"effects": table, "log": LOG}, viewed(spec)).to_dict()) for spec in (SPEC, bare)
    )
    assert with_steps.count("'type': 'rect'") == 1 and "declared as early" in with_steps
    assert "'type': 'rect'" not in without and "declared as early" not in without


def test_the_loss_stands_below_over_the_same_steps(table):
    chart = draw("depth", {"effects": table, "log": LOG}, viewed(SPEC)).to_dict()
    gains_above, losses = chart["vconcat"][0]["vconcat"]
    drawn = [chart["datasets"][part["data"]["name"]] for part in (gains_above, losses)]
    assert {row["run"] for row in drawn[1]} == {row["run"] for row in drawn[0] if not row["mean"]}
    assert [row["loss"] for row in drawn[1] if row["step"] == 4] == [0.5] * 3
    domains = re.findall(
        r"'scale': \{'domain': \[([\d.]+), ([\d.]+)\], 'nice': False, 'type': 'log'\}", str(chart)
    )
    assert len(domains) > 3 and len(set(domains)) == 1
    first, last = map(float, domains[0])
    room = math.log(138) / math.log(last / first)  # a share of the axis
    assert first < 1 and last > 138 and 0.9 < room < 0.97


def of_suites(table: pl.DataFrame) -> tuple[dict, pl.DataFrame]:
    """The same of three suites, of which `dev` has all steps, and `transfer` the last one."""
    suite = table["suite"][0]
    others = [name for name in ("dev", "transfer") if name != suite]
    last = pl.col("step") == pl.col("step").max().over("student", "run")
    more = [
        table.with_columns(suite=pl.lit("dev")),
        table.filter(last).with_columns(suite=pl.lit("transfer")),
    ]
    return {**SPEC, "analysis": {**SPEC["analysis"], "suites": [suite, *others]}}, pl.concat([table, *more])


def test_a_suite_that_was_asked_after_the_last_step_alone_is_named_and_not_drawn(table):
    spec, three = of_suites(table)
    said = "not drawn, as asked after the last step alone: transfer"
    both = str(specification(draw("depth", {"effects": three, "log": LOG}, viewed(spec))))
    assert "On the suite holdout:" in both and "On the suite dev:" in both
    assert said in both and "On the suite transfer" not in both
    two = three.filter(pl.col("suite") != "dev")
    without = {**spec, "analysis": {**spec["analysis"], "suites": ["holdout", "transfer"]}}
    alone = str(specification(draw("depth", {"effects": two, "log": LOG}, viewed(without))))
    assert "On the suite" not in alone and said in alone
    assert said not in str(specification(draw("depth", {"effects": table, "log": LOG}, viewed(SPEC))))


def test_a_study_without_a_course_says_that_there_is_none(table):
    last = table.filter(pl.col("step") == pl.col("step").max().over("student", "run"))
    one, all_steps = (
        str(specification(draw("depth", {"effects": each, "log": LOG}, viewed(SPEC))))
        for each in (last, table)
    )
    said = "asked after the last step alone, which tells nothing of the course"
    assert said in one and said not in all_steps


def test_without_a_log_the_gains_stand_alone(table):
    chart = draw("depth", {"effects": table, "log": LOG.clear()}, viewed(SPEC)).to_dict()
    assert "vconcat" not in chart["vconcat"][0] and "training loss" not in str(chart)
