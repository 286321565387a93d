"""Claims on new skills: the gain there, against that on trained skills, and over the tiers."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest
from claim_tables import make_runs
from made_specs import estimated
from scipy.stats import ttest_ind
from score_tables import make_scores, make_tasks

from skillift.contracts.claims import CLAIMS
from skillift.settings.publication_specs import DeclaredRun
from skillift.statistics.claims import claims
from skillift.statistics.contrasts import differences
from skillift.statistics.effects import effects
from skillift.statistics.pairing import task_values, with_skills
from skillift.statistics.seed_variance import about_recipes, seed_variance
from skillift.tables import check

CONFIDENCE = 0.95
SIZES = {"s": 46_000, "m": 116_000, "l": 341_000}
HOME, FAR = (12, 5), (6, 10)  # skills, tasks of each
CLAIMED = ("transfer", "retention", "transfer_by_tier")
UNDEFINED = {claim: {"undefined"} for claim in CLAIMED}


def runs_of(students: str = "sm", seeds: tuple[int, ...] = (0,)) -> list[DeclaredRun]:
    return make_runs({(student, "sft"): seeds for student in students})


def arms(gains: dict[str, float], suite: str, runs: list[DeclaredRun], seed: int = 0, unscored=()) -> dict:
    """Verdicts of none and curated; under curated SFT adds the student's gain."""
    n_tasks = int(np.prod(HOME if suite != "transfer" else FAR))
    made = {}
    for run in runs:
        rng = np.random.default_rng(
            [seed, len(suite), ord(run.student), 0 if run.seed is None else 1 + run.seed]
        )
        for condition in ("none", "curated"):
            gain = gains[run.student] if run.recipe and condition == "curated" else 0.0
            passed = (rng.random(n_tasks) < 0.35 + gain).tolist()
            lost = suite in unscored and run.student in unscored[suite]
            made["bench", run.student, run.run, 9 if run.recipe else 0, condition] = (
                [None] * n_tasks if lost else passed
            )
    return made


def far(frame: pl.DataFrame, shared: bool = False) -> pl.DataFrame:
    """Rows of the suite transfer, with tasks of their own, and skills of their own unless `shared`."""
    frame = frame.with_columns(task_id="far-" + pl.col("task_id"))
    return (
        frame
        if shared or "skill_id" not in frame.columns
        else frame.with_columns(skill_id="far-" + pl.col("skill_id"))
    )


def table(
    home: dict[str, float] | None,
    gains: dict[str, float],
    runs: list[DeclaredRun],
    *,
    shared: bool = False,
    margins: dict | None = None,
    parameters: dict | None = SIZES,
    scores: pl.DataFrame | None = None,
    far_skills: tuple[int, int] = FAR,
    suite: str = "holdout",
    unscored: dict | None = None,
) -> pl.DataFrame:
    """CLAIMS of a study with gains on trained skills (None: not asked) and on new ones."""
    lost = unscored or {}
    parts = [far(make_scores(arms(gains, "transfer", runs, unscored=lost), suite="transfer"))]
    tasks = [far(make_tasks(*far_skills, suite="transfer"), shared)]
    if home is not None:
        parts.append(make_scores(arms(home, suite, runs, unscored=lost), suite=suite))
        tasks.append(make_tasks(*HOME, suite=suite))
    values = task_values(with_skills(pl.concat(parts) if scores is None else scores, pl.concat(tasks)))
    found = list(differences(values, runs))
    given = effects(found, CONFIDENCE, 100, 0)
    seeds = seed_variance(given, runs, CONFIDENCE)
    estimates = about_recipes(given, runs, ["path", "suite", "contrast"], CONFIDENCE)
    settings = {"confidence": CONFIDENCE, "margins": margins or {}}
    settings |= {"parameters": parameters} if parameters else {}
    return check(claims(values, found, estimates, seeds, runs, estimated(settings)), CLAIMS, "made claims")


@cache
def made() -> pl.DataFrame:
    return table({"s": 0.2, "m": 0.3}, {"s": 0.1, "m": 0.4}, runs_of(), margins={"retention": 0.05})


def row(frame: pl.DataFrame, **where) -> dict:
    (found,) = frame.filter(**where).iter_rows(named=True)
    return found


def gains_by_skill(suite: str, student: str, gain: float) -> np.ndarray:
    """Each skill's mean gain under curated, computed apart."""
    made_arms = arms({student: gain}, suite, runs_of(student))
    before, after = (
        np.array(made_arms["bench", student, run, step, "curated"], dtype=float)
        for run, step in (("base", 0), ("sft-s0", 9))
    )
    n_skills, per_skill = FAR if suite == "transfer" else HOME
    return (after - before).reshape(n_skills, per_skill).mean(axis=1)


def test_there_is_a_claim_for_each_student_and_one_for_all_tiers():
    rows = made().filter(pl.col("claim").is_in(CLAIMED)).select("suite", "claim", "student", "run").rows()
    assert sorted(rows) == sorted(
        [
            *(("transfer", claim, student, "sft-s0") for claim in CLAIMED[:2] for student in "sm"),
            ("transfer", "transfer_by_tier", "", "sft"),
        ]
    )


def test_transfer_is_the_gain_under_curated_on_new_skills():
    found = row(made(), claim="transfer", student="s")
    skills = gains_by_skill("transfer", "s", 0.1)
    assert found["contrast"] == "gain:curated" and (found["n_tasks"], found["n_skills"]) == (60, 6)
    assert found["estimate"] == pytest.approx(skills.mean())
    assert found["standard_error"] == pytest.approx(skills.std(ddof=1) / 6**0.5)


@pytest.mark.parametrize(("student", "home", "new"), [("s", 0.2, 0.1), ("m", 0.3, 0.4)])
def test_retention_is_welchs_test_of_the_skills_gains(student, home, new):
    found = row(made(), claim="retention", student=student)
    trained, fresh = gains_by_skill("holdout", student, home), gains_by_skill("transfer", student, new)
    expected = ttest_ind(fresh, trained, equal_var=False)
    assert found["estimate"] == pytest.approx(fresh.mean() - trained.mean())
    assert found["p_value"] == pytest.approx(expected.pvalue)
    assert found["degrees_of_freedom"] == pytest.approx(expected.df)
    interval = expected.confidence_interval(CONFIDENCE)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((interval.low, interval.high))
    assert (found["n_tasks"], found["n_skills"], found["margin"]) == (120, 18, 0.05)


def test_a_large_difference_contradicts_retention_and_none_within_a_wide_margin_is_equivalence():
    apart = table({"s": 0.6}, {"s": 0.0}, runs_of("s"), margins={"retention": 0.05})
    assert row(apart, claim="retention")["word"] == "contradicted"
    alike = table({"s": 0.3}, {"s": 0.3}, runs_of("s"), margins={"retention": 0.9})
    assert row(alike, claim="retention")["word"] == "equivalent"
    without = row(table({"s": 0.3}, {"s": 0.3}, runs_of("s")), claim="retention")
    assert (without["margin"], without["p_equivalence"]) == (None, None)
    assert without["word"] != "equivalent"


def test_the_trained_skills_are_those_of_dev_where_the_holdout_was_not_asked():
    assert row(table({"s": 0.3}, {"s": 0.3}, runs_of("s"), suite="dev"), claim="retention")["n_tasks"] == 120
    alone = table(None, {"s": 0.3}, runs_of("s"))
    assert set(alone["claim"]) & {*CLAIMED} == {"transfer"}


def test_seeds_that_move_both_suites_alike_leave_retention_as_sure_as_its_runs():
    runs = runs_of("s", (0, 1))
    both = table({"s": 0.3}, {"s": 0.3}, runs)
    whole = row(both, claim="retention")
    assert (whole["run"], whole["n_runs"]) == ("sft", 2)
    # all tasks of both suites pass in one training and fail in the other
    rng = np.random.default_rng(3)

    def scores(suite: str, shape: tuple[int, int]) -> pl.DataFrame:
        n = int(np.prod(shape))
        before = (rng.random(n) < 0.5).tolist()
        verdicts = {
            ("bench", "s", "base", 0, "curated"): before,
            ("bench", "s", "sft-s0", 9, "curated"): [True] * n,
            ("bench", "s", "sft-s1", 9, "curated"): [False] * n,
        }
        found = make_scores(verdicts, suite=suite)
        return far(found) if suite == "transfer" else found

    given = pl.concat([scores("holdout", HOME), scores("transfer", FAR)])
    moved = table({"s": 0.0}, {"s": 0.0}, runs, scores=given)
    retained, gained = row(moved, claim="retention"), row(moved, claim="transfer")
    assert gained["standard_error"] > 0.45  # half the difference of the trainings
    assert retained["standard_error"] < 0.2


def test_the_slope_over_tiers_is_that_of_least_squares_on_log_parameters():
    gains = {"s": 0.1, "m": 0.2, "l": 0.4}
    found = row(table(None, gains, runs_of("sml")), claim="transfer_by_tier")
    means = [gains_by_skill("transfer", name, gain).mean() for name, gain in gains.items()]
    logs = np.log10([SIZES[name] for name in gains])
    assert found["estimate"] == pytest.approx(np.polyfit(logs, means, 1)[0])
    of_skills = [
        np.polyfit(logs, column, 1)[0]
        for column in np.stack([gains_by_skill("transfer", name, gain) for name, gain in gains.items()]).T
    ]
    assert found["standard_error"] == pytest.approx(np.std(of_skills, ddof=1) / 6**0.5)
    assert found["degrees_of_freedom"] == pytest.approx(5)


@pytest.mark.parametrize("parameters", [None, {"s": 46_000}, {"s": 46_000, "m": 46_000}])
def test_a_slope_needs_two_tiers_of_different_and_known_size(parameters):
    found = table(None, {"s": 0.1, "m": 0.2}, runs_of(), parameters=parameters)
    assert "transfer_by_tier" not in set(found["claim"])


# Degenerate data.


def words_of(frame: pl.DataFrame) -> dict[str, set[str]]:
    of_transfer = frame.filter(pl.col("claim").is_in(CLAIMED))
    return {claim: set(of_transfer.filter(claim=claim)["word"]) for claim in of_transfer["claim"].unique()}


def test_a_suite_called_transfer_with_trained_skills_is_undefined():
    found = table({"s": 0.2, "m": 0.3}, {"s": 0.1, "m": 0.4}, runs_of(), shared=True)
    assert words_of(found) == UNDEFINED
    assert set(found.filter(pl.col("claim").is_in(CLAIMED))["n_tasks"]) == {0}


def test_with_one_new_skill_an_estimate_has_no_interval_and_is_undefined():
    found = table({"s": 0.2, "m": 0.3}, {"s": 0.1, "m": 0.4}, runs_of(), far_skills=(1, 60))
    assert words_of(found) == UNDEFINED
    assert found.filter(claim="transfer")["estimate"].null_count() == 0


def test_all_unscored_is_undefined_and_counted():
    found = table({"s": 0.2, "m": 0.3}, {"s": 0.1, "m": 0.4}, runs_of(), unscored={"transfer": "sm"})
    assert words_of(found) == UNDEFINED
    assert (found.filter(pl.col("claim").is_in(CLAIMED))["n_unscored"] > 0).all()
    one = table({"s": 0.2, "m": 0.3}, {"s": 0.1, "m": 0.4}, runs_of(), unscored={"transfer": "m"})
    assert row(one, claim="transfer_by_tier")["word"] == "undefined"
    assert row(one, claim="transfer", student="s")["word"] != "undefined"


def test_a_suite_that_was_not_asked_or_base_models_alone_are_claimed_nothing_of():
    runs = runs_of("s")
    asked = table({"s": 0.2}, {"s": 0.1}, runs)
    assert {*CLAIMED[:2]} <= set(asked["claim"])
    untrained = table({"s": 0.2}, {"s": 0.1}, [run for run in runs if run.recipe is None])
    assert not {*CLAIMED} & set(untrained["claim"])


def test_few_missing_verdicts_leave_a_word_that_holds_whatever_they_are():
    runs = runs_of("s")
    everything = {
        ("bench", "s", "base", 0, "curated"): [False] * 60,
        ("bench", "s", "sft-s0", 9, "curated"): [True] * 48 + [False] * 11 + [None],
    }
    scores = far(make_scores(everything, suite="transfer"))
    found = row(table(None, {"s": 0.0}, runs, scores=scores), claim="transfer")
    assert (found["word"], found["n_unscored"], found["word_holds"]) == ("supported", 1, True)
