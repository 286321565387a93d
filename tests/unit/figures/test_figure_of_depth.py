"""Claims about the figure of a training's course: every step, the mean over seeds where all have one."""

from __future__ import annotations

import re

import polars as pl
import pytest
from depth_tables import DEPTH, course_of, gains, make_arms, runs_of
from made_specs import viewed

from skillift.figures import draw
from skillift.figures.depth import common_means
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
    domains = re.findall(r"'scale': \{'domain': (\[1, 138\]), 'nice': False, 'type': 'log'\}", str(chart))
    assert len(domains) > 3 and set(domains) == {"[1, 138]"}


def test_without_a_log_the_gains_stand_alone(table):
    chart = draw("depth", {"effects": table, "log": LOG.clear()}, viewed(SPEC)).to_dict()
    assert "vconcat" not in chart["vconcat"][0] and "training loss" not in str(chart)
