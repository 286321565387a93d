"""Variants against the tasks that they are made of, and what training changes in that."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest
from claim_tables import make_runs
from made_specs import analysis_of, predicted
from metric_tables import made_responses
from score_tables import make_scores, make_tasks

from skillift.contracts.analysis import EFFECTS, VARIANTS
from skillift.contracts.claims import CLAIMS
from skillift.contracts.pipeline import TASKS
from skillift.settings.publication_specs import DeclaredRun
from skillift.statistics.analysis import Analysis, analyse
from skillift.statistics.pass_rates import no_responses
from skillift.statistics.predictions import predictions
from skillift.tables import check

N_SKILLS, PER_SKILL = 12, 5
N_TASKS = N_SKILLS * PER_SKILL
KINDS = ("a", "b")  # each parent has a variant of both
RUNS = make_runs({("s", "sft"): (0, 1)})
STEPS = {"base": 0, "sft-s0": 9, "sft-s1": 9}


def tasks(own_skills: bool = True, kinds: tuple[str, ...] = KINDS, left_out: int = 0) -> pl.DataFrame:
    """Holdout tasks, and variants of them with skills of their own; the first `left_out` have none by `b`."""
    parents = make_tasks(N_SKILLS, PER_SKILL)
    parts = [parents.with_columns(parent=pl.lit(None, dtype=pl.String), change=pl.lit(None, dtype=pl.String))]
    for kind in kinds:
        skill = pl.col("skill_id") + f".{kind}" if own_skills else pl.col("skill_id")
        part = parents.with_columns(
            parent="task_id",
            task_id=pl.lit(kind) + pl.col("task_id"),
            skill_id=skill,
            suite=pl.lit("perturbed"),
            change=pl.lit(kind),
        )
        parts.append(part.tail(part.height - left_out) if kind == "b" else part)
    names = [name for name in TASKS.columns if name in parts[0].columns]
    return check(pl.concat(parts).select(names).sort("task_id"), TASKS, "made tasks")


def verdicts(kind: str, run: str, condition: str, rate: float) -> np.ndarray:
    rng = np.random.default_rng([len(kind), *map(ord, kind + run + condition)])
    return rng.random(N_TASKS) < rate


def scores(rates: dict[str, tuple[float, float]], lost: tuple[str, ...] = ()) -> pl.DataFrame:
    """Verdicts of all runs; `rates`: of parents and of variants under curated, by run."""
    parts = []
    for kind in ("parent", *KINDS):
        arms = {}
        for run, (of_parents, of_variants) in rates.items():
            for condition in ("none", "curated"):
                rate = 0.2 if condition == "none" else of_parents if kind == "parent" else of_variants
                passed = [None] * N_TASKS if kind in lost else verdicts(kind, run, condition, rate).tolist()
                arms["bench", "s", run, STEPS[run], condition] = passed
        frame = make_scores(arms, suite="holdout" if kind == "parent" else "perturbed")
        parts.append(frame if kind == "parent" else frame.with_columns(task_id=kind + pl.col("task_id")))
    return pl.concat(parts)


RATES = {"base": (0.5, 0.45), "sft-s0": (0.9, 0.5), "sft-s1": (0.9, 0.5)}


def analysed(
    given: pl.DataFrame, known: pl.DataFrame, runs: list[DeclaredRun] = RUNS, **settings
) -> Analysis:
    spec = {"confidence": 0.95, "bootstrap_samples": 100, "seed": 0, "splits": 2, **settings}
    kept = given.join(known.select("task_id"), on="task_id", how="semi")
    return analyse(kept, known, no_responses(), *analysis_of({"analysis": spec, "runs": runs}))


@cache
def made() -> Analysis:
    return analysed(scores(RATES), tasks(), margins={"brittleness": 0.05})


def row(frame: pl.DataFrame, **where) -> dict:
    (found,) = frame.filter(**where).iter_rows(named=True)
    return found


def apart(run: str, condition: str = "curated") -> np.ndarray:
    """Each parent's variants less the parent, computed apart."""
    of_parents, of_variants = (0.2, 0.2) if condition == "none" else RATES[run]
    both = [verdicts(kind, run, condition, of_variants) for kind in KINDS]
    return np.mean(both, axis=0) - verdicts("parent", run, condition, of_parents)


def of_skills(values: np.ndarray) -> tuple[float, float]:
    means = values.reshape(N_SKILLS, PER_SKILL).mean(axis=1)
    return means.mean(), means.std(ddof=1) / N_SKILLS**0.5


@pytest.mark.parametrize("condition", ["none", "curated"])
def test_a_contrast_is_the_mean_of_a_tasks_variants_less_the_task_clustered_by_its_skill(condition):
    found = row(made().effects, contrast=f"variant:{condition}", run="base", metric="pass")
    assert (found["estimate"], found["standard_error"]) == pytest.approx(of_skills(apart("base", condition)))
    assert (found["suite"], found["n_tasks"], found["n_skills"]) == ("perturbed", N_TASKS, N_SKILLS)
    assert found["mcnemar_p"] is None and found["normalised_gain"] is None


def test_brittleness_is_what_training_changed_in_that_and_is_claimed_to_be_below_zero():
    seeds = [apart(run) - apart("base") for run in ("sft-s0", "sft-s1")]
    found = row(made().claims, claim="brittleness")
    assert found["estimate"] == pytest.approx(np.mean(seeds))
    assert (found["suite"], found["run"], found["n_runs"]) == ("perturbed", "sft", 2)
    assert found["word"] == "supported" and found["ci_high"] < 0 and found["margin"] == 0.05
    other_way = {"base": (0.9, 0.5), "sft-s0": (0.9, 0.95), "sft-s1": (0.9, 0.95)}
    assert row(analysed(scores(other_way), tasks()).claims, claim="brittleness")["word"] == "contradicted"


def test_variants_that_change_nothing_are_equivalent_within_a_wide_margin_and_not_without_one():
    alike = scores({"base": (0.5, 0.5), "sft-s0": (0.5, 0.5), "sft-s1": (0.5, 0.5)})
    words = [
        row(analysed(alike, tasks(), margins=margins).claims, claim="brittleness")["word"]
        for margins in ({"brittleness": 0.6}, {})
    ]
    assert words == ["equivalent", "not resolvable at this n"]


def test_variants_of_one_skill_are_one_cluster_whether_they_have_skills_of_their_own_or_not():
    shared = analysed(scores(RATES), tasks(own_skills=False), margins={"brittleness": 0.05})
    assert shared.claims.equals(made().claims) and shared.effects.equals(made().effects)
    lifts = made().effects.filter(suite="perturbed", contrast="lift:curated-none", run="sft")
    assert lifts["n_skills"].to_list() == [N_SKILLS]


@pytest.mark.slow
def test_every_path_has_contrasts_of_its_own():
    judged = scores(RATES).with_columns(path=pl.lit("judge:a"), passed=~pl.col("passed"))
    both = analysed(pl.concat([scores(RATES), judged]), tasks(), margins={"brittleness": 0.05})
    found = both.claims.filter(claim="brittleness")
    assert found["path"].to_list() == ["bench", "judge:a"]
    assert found["estimate"][1] == pytest.approx(-found["estimate"][0])
    assert found.filter(path="bench").equals(made().claims.filter(claim="brittleness"))


def test_without_variants_every_other_row_is_the_same():
    holdout = tasks().filter(suite="holdout").drop("parent", "change")
    alone = analysed(scores(RATES), holdout, margins={"brittleness": 0.05})
    assert alone.variants.is_empty() and "brittleness" not in set(alone.claims["claim"])
    for name in ("effects", "claims", "pass_rates", "seed_variance"):
        both, one = getattr(made(), name).filter(suite="holdout"), getattr(alone, name)
        assert both.equals(one), name


def test_other_metrics_have_the_contrasts_too():
    given, known = scores(RATES), tasks()
    spec = {"analysis": {"confidence": 0.95, "bootstrap_samples": 100, "seed": 0, "splits": 2}, "runs": RUNS}
    found = analyse(given, known, made_responses(given), *analysis_of(spec)).effects
    lengths = check(found, EFFECTS, "effects").filter(metric="length", contrast="variant:curated")
    assert set(lengths["run"]) == {"base", "sft-s0", "sft-s1", "sft"} and set(lengths["path"]) == {"text"}
    assert set(lengths["n_skills"]) == {N_SKILLS}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (["a", "b"], [("a", 60, 60, 0), ("b", 60, 57, 3)]),
        (["a", "b", "c"], [("a", 60, 60, 0), ("b", 60, 57, 3), ("c", 60, 0, 60)]),
    ],
)
def test_variants_that_were_left_out_are_counted_by_change(changes, expected):
    found = analysed(scores(RATES), tasks(left_out=3), changes=changes)
    assert check(found.variants, VARIANTS, "variants").drop("suite").rows() == expected
    assert row(found.effects, contrast="variant:curated", run="base", metric="pass")["n_tasks"] == N_TASKS
    few = analysed(scores(RATES), tasks(kinds=()), changes=changes, varied=2).variants
    assert few["n_left_out"].to_list() == [2 * N_SKILLS] * len(changes)  # of two tasks of each skill
    own = analysed(scores(RATES), tasks(left_out=3).drop("change")).variants
    assert own.rows() == [("perturbed", "", 60, 117, None)]


def test_a_prediction_can_be_of_a_contrast_of_variants():
    effect = {"contrast": "lift:variant:curated", "student": "s", "recipe": "sft"}
    declared = {
        "text": "", "path": "bench", "suite": "perturbed", "effect": effect, "minus": None,
        "direction": "less", "than": 0.0, "margin": 0.0, "confidence": 0.95,
    }  # fmt: skip
    before = {**declared, "effect": {**effect, "contrast": "variant:curated", "recipe": None}}
    both = predicted({"breaks": declared, "before": before})
    found = predictions(scores(RATES), tasks(), both, RUNS)
    claim = row(made().claims, claim="brittleness")
    breaks = row(found, prediction="breaks")
    for name in ("estimate", "standard_error", "ci_low", "ci_high", "n_tasks", "n_skills"):
        assert breaks[name] == pytest.approx(claim[name]), name
    assert breaks["verdict"] == "held"
    assert row(found, prediction="before")["estimate"] == pytest.approx(of_skills(apart("base"))[0])


# Degenerate data.


def test_without_a_verdict_on_the_variants_or_on_their_tasks_the_claim_is_undefined_and_they_are_counted():
    for lost, number in ((KINDS, 6 * N_TASKS), (("parent",), 3 * N_TASKS)):
        found = row(analysed(scores(RATES, lost=lost), tasks()).claims, claim="brittleness")
        assert (found["word"], found["n_tasks"]) == ("undefined", 0)
        assert found["n_unscored"] == number


@pytest.mark.slow
def test_a_lost_variant_leaves_the_task_to_its_other_one():
    found = row(analysed(scores(RATES, lost=("b",)), tasks()).claims, claim="brittleness")
    assert found["n_tasks"] == N_TASKS and not found["word_holds"]


def test_variants_whose_tasks_were_not_asked_are_a_suite_as_any_other():
    known = tasks().filter(suite="perturbed")
    given = scores(RATES).filter(suite="perturbed")
    found = analysed(given, known)
    assert not found.effects["contrast"].str.contains("variant").any()
    assert "brittleness" not in set(check(found.claims, CLAIMS, "claims")["claim"])
    assert found.effects.filter(contrast="lift:curated-none").height == 3


def test_one_skill_has_no_interval_and_base_models_alone_no_claim():
    known = tasks().filter(pl.col("skill_id").str.starts_with("skill-000"))
    assert row(analysed(scores(RATES), known).claims, claim="brittleness")["word"] == "undefined"
    base = {"base": RATES["base"]}
    untrained = analysed(scores(base), tasks(), runs=RUNS[:1])
    assert "brittleness" not in set(untrained.claims["claim"])
    assert row(untrained.effects, contrast="variant:curated", metric="pass")["n_tasks"] == N_TASKS
