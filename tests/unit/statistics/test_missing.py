"""What is not there: absent rows are counted, and every word is judged by what they could have been."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from claim_tables import PATH, STEP, claimed, draw_study, make_runs
from score_tables import make_scores, make_tasks

from skillift.statistics.claim_labels import End, holds
from skillift.statistics.pairing import task_values, with_skills

LIFT = "lift:curated-none"
RATES = {"l": (0.4, 0.4, 0.4, 0.7), "s": (0.4, 0.4, 0.4, 0.4)}
RUNS = make_runs({(student, "sft"): (0,) for student in RATES})
ARM = (PATH, "l", "sft-s0", STEP, "curated")


def scores(seed: int = 0) -> pl.DataFrame:
    return make_scores(draw_study(np.random.default_rng(seed), RATES))


def of_arm() -> pl.Expr:
    names = ("path", "student", "run", "step", "condition")
    return pl.all_horizontal(pl.col(name) == value for name, value in zip(names, ARM, strict=True))


def without(n: int, passed: bool) -> pl.DataFrame:
    """The scores without `n` rows of the arm with that verdict, as where a table leaves out what failed."""
    all_rows = scores()
    lost = all_rows.filter(of_arm(), passed=passed).head(n)
    return all_rows.join(lost, on=all_rows.columns, how="anti", nulls_equal=True)


def row(found, claim, student="", run="sft", against="") -> dict:
    where = {"claim": claim, "student": student, "run": run, "against": against}
    return found.claims.filter(**where).row(0, named=True)


def test_an_absent_row_is_a_task_without_a_verdict_and_counted():
    whole, lacking = (with_skills(frame, make_tasks()) for frame in (scores(), without(30, passed=False)))
    assert lacking.height == whole.height
    assert lacking.filter(status="absent").height == lacking["passed"].null_count() == 30
    values = task_values(lacking).filter(of_arm())
    assert (values["n_unscored"].sum(), values["value"].null_count()) == (30, 30)
    assert (values["low"].mean(), values["high"].mean()) == (
        pytest.approx(task_values(whole).filter(of_arm())["value"].mean()),
        pytest.approx(task_values(whole).filter(of_arm())["value"].mean() + 30 / 200),
    )


def test_an_absent_sample_counts_beside_those_that_are_there():
    arms = {ARM: [True, False] * 4}
    frame = make_scores(arms, n_samples=2)
    tasks = make_tasks(2, 2)
    values = task_values(
        with_skills(frame.filter(~((pl.col("task_id") == "t0000") & (pl.col("sample") == 1))), tasks)
    )
    first = values.row(0, named=True)
    assert (first["n_unscored"], first["n_samples"], first["value"]) == (1, 2, 1.0)
    assert (first["low"], first["high"]) == (0.5, 1.0)


def test_rows_left_out_because_they_failed_do_not_stay_unseen():
    """The truth at s is no lift: all of its fails under curated after SFT but the passes are kept."""
    names = {"student": "s", "run": "sft-s0", "condition": "curated"}
    frame = scores()
    kept = frame.filter(~(pl.all_horizontal(pl.col(k) == v for k, v in names.items()) & ~pl.col("passed")))
    found = row(claimed(kept, RUNS), "lift", "s", "sft-s0")
    assert found["word"] == "supported"
    assert found["n_unscored"] == frame.height - kept.height > 100
    assert not found["word_holds"]


def test_a_word_holds_where_nothing_is_missing_and_where_the_missing_cannot_change_it():
    assert claimed(scores(), RUNS).claims["word_holds"].all()
    few = claimed(without(2, passed=True), RUNS)
    assert row(few, "lift", "l", "sft-s0")["word"] == "supported"
    assert row(few, "lift", "l", "sft-s0")["word_holds"]
    assert row(few, "lift", "s", "sft-s0")["word"] == "not resolvable at this n"
    assert row(few, "uniform_lift")["word_holds"]


def test_what_is_not_resolved_hangs_on_missing_verdicts_that_could_resolve_it():
    """Bounds of -30 to +30 pp leave "not resolvable" as open as any other word."""
    frame = scores().with_columns(
        passed=pl.when(
            (pl.col("student") == "s") & (pl.col("run") == "sft-s0") & (pl.col("task_id") < "t0060")
        )
        .then(None)
        .otherwise("passed")
    )
    found = claimed(frame, RUNS)
    assert row(found, "lift", "s", "sft-s0")["word"] == "not resolvable at this n"
    assert not row(found, "lift", "s", "sft-s0")["word_holds"]
    assert not row(found, "uniform_lift", "l", "sft", "s")["word_holds"]
    assert not row(found, "uniform_lift")["word_holds"]
    assert row(found, "lift", "l", "sft-s0")["word_holds"]


@pytest.mark.parametrize(
    ("word", "low", "high", "n_tests", "kept"),
    [
        ("supported", (0.1, 0.01), (0.2, 0.001), 4, True),
        ("supported", (0.1, 0.02), (0.2, 0.001), 4, False),  # at the level of its family
        ("supported", (-0.1, 0.01), (0.2, 0.001), 1, False),
        ("contradicted", (-0.2, 0.001), (-0.1, 0.01), 4, True),
        ("not resolvable at this n", (-0.1, 0.06), (0.1, 0.3), 4, True),
        ("not resolvable at this n", (-0.1, 0.04), (0.1, 0.3), 4, False),  # whatever the others become
        ("not resolvable at this n", (-0.1, None), (0.1, 0.3), 4, False),
        ("undefined", (None, None), (None, None), 1, False),
    ],
)
def test_the_rule_of_both_ends(word, low, high, n_tests, kept):
    claim = {"claim": "lift", "word": word, "n_unscored": 3}
    assert holds(claim, [End(*low), End(*high)], n_tests, 0.95) is kept
    assert holds(claim | {"n_unscored": 0}, [], n_tests, 0.95)


def test_sameness_holds_where_it_is_shown_at_both_ends():
    claim = {"claim": "uniform_lift", "word": "equivalent", "n_unscored": 3}
    assert holds(claim, [End(0.0, 0.9, 0.01), End(0.01, 0.8, 0.04)], 3, 0.95)
    assert not holds(claim, [End(0.0, 0.9, 0.01), End(0.01, 0.8, 0.06)], 3, 0.95)
    unresolved = claim | {"word": "not resolvable at this n"}
    assert not holds(unresolved, [End(0.0, 0.9, 0.01), End(0.01, 0.8, 0.06)], 3, 0.95)
