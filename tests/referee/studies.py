"""Made-up studies for the referee: what others would have given in the place of the one that is analysed.

`known` has round numbers in place of those of `whole`. All others are `known` with values replaced, as other
verdicts would give them.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Study
from referee.whole import RUNS, STEP, edited, respecified, whole

# of the rows that sentences are looked for in: which, and their values
AT_S = {"path": "judge:a", "student": "s"}
LIFT = AT_S | {"claim": "lift", "run": "sft"}
LIFTS = {"claim": "lift", "path": "judge:a"}
WHOLE_UNIFORM = {"path": "judge:a", "claim": "uniform_lift", "student": ""}
UNIFORM_PAIR = {"path": "judge:a", "claim": "uniform_lift", "student": "m"}
WHOLE_TIE = {"path": "judge:a", "claim": "recipe_tie", "run": ""}
BEYOND = {"path": "judge:a", "claim": "beyond_longer_prompt"}
NEUTRAL = {"path": "judge:a", "claim": "neutral_filler"}
TIE = {"path": "judge:a", "claim": "recipe_tie", "run": "dpo"}
_EFFECT = {"estimate": 0.25, "ci_low": 0.1, "ci_high": 0.4, "mde": 0.12, "degrees_of_freedom": 40.0}
_COUNTS = {"n_tasks": 30, "n_skills": 11, "n_unscored": 4}
_APART = {
    "estimate": 0.02,
    "ci_low": 0.0,
    "ci_high": 0.04,
    "p_holm": 0.3,
    "p_equivalence": 0.01,
    "mde": 0.06,
}
_SEED_OF_LIFT = {"contrast": "lift:curated-none", "run": "sft-s0"}
_BOUNDS_OF_LIFT = {"contrast": "lift:curated-none", "run": "sft"}


@cache
def known() -> Study:
    """A lift that is supported on all paths and the same at both tiers, and judges that keep their limits."""
    study = whole()
    study = edited(study, "claims", {"claim": "lift"}, word="not resolvable at this n")
    study = edited(study, "claims", {"claim": "lift", "run": "sft", "student": "s"}, word="supported")
    study = edited(study, "claims", LIFT, **_EFFECT, **_COUNTS, p_holm=0.004, word_holds=True)
    for where in (WHOLE_UNIFORM, UNIFORM_PAIR):
        study = edited(
            study,
            "claims",
            where,
            **_APART,
            **_COUNTS,
            degrees_of_freedom=40.0,
            margin=0.05,
            word="equivalent",
            word_holds=False,
        )
    for where, estimate in ((WHOLE_TIE, 0.3), (TIE, -0.3)):
        study = edited(
            study, "claims", where, estimate=estimate, word="contradicted", degrees_of_freedom=40.0
        )
    study = edited(study, "claims", {"path": "judge:a"}, answer_lines_low=0.9, answer_lines_high=0.91)
    for estimator, slope in (("split_half", -0.5), ("oldham", -0.4), ("naive", -1.1)):
        study = edited(
            study,
            "asymmetry",
            {"path": "judge:a", "recipe": "sft", "level": "cells", "estimator": estimator},
            slope=slope,
            ci_low=slope - 0.3,
            ci_high=slope + 0.3,
            n_unscored=3,
        )
    return _controlled(_scored(study))


def _controlled(study: Study) -> Study:
    """`study` with round numbers of its controls: the placebo harms before SFT, the filler helps after it."""
    counts = _COUNTS | {"p_holm": 0.03, "mde": 0.12, "degrees_of_freedom": 40.0}
    study = edited(study, "claims", BEYOND, word="not resolvable at this n", contrast="lift:curated-none")
    at_s = BEYOND | {"student": "s", "run": "sft"}
    study = edited(study, "claims", at_s, **counts, word="supported", contrast="lift:curated-placebo")
    for control, estimate in (("none", 0.25), ("placebo", 0.2), ("filler", 0.22)):
        where = AT_S | {"run": "sft", "contrast": f"lift:curated-{control}"}
        ends = {"ci_low": estimate - 0.15, "ci_high": estimate + 0.15}
        study = edited(study, "effects", where, estimate=estimate, **ends)
    same = {"estimate": 0.01, "ci_low": -0.01, "ci_high": 0.03, "p_holm": 0.5, "p_equivalence": 0.01}
    study = edited(study, "claims", NEUTRAL, **same, **_COUNTS, mde=0.05, degrees_of_freedom=40.0)
    study = edited(study, "claims", NEUTRAL, word="equivalent", margin=0.04, n_unscored=0)
    of_base, trained, every = ["base"], ["sft", "dpo-s0"], ["base", "sft", "dpo-s0"]
    for contrast, runs, estimate, p_value in (
        ("placebo-none", of_base, -0.2, 1e-5),
        ("placebo-none", trained, 0.0, 0.9),
        ("filler-none", trained, 0.1, 2e-4),
        ("curated-placebo", every, 0.3, 0.9),
        ("curated-filler", every, 0.31, 0.9),
        ("curated-shuffled", every, 0.15, 0.9),
    ):
        where = {"path": "judge:a", "contrast": contrast, "run": runs}
        numbers = {"estimate": estimate, "ci_low": estimate - 0.1, "ci_high": estimate + 0.1, "n_unscored": 1}
        error = {"standard_error": 0.05, "degrees_of_freedom": 40.0, "p_value": p_value}
        study = edited(study, "effects", where, **numbers, **error)
    # other runs' lifts over controls say nothing by themselves
    others = {"path": "judge:a", "run": "dpo-s0", "contrast": ["lift:curated-placebo", "lift:curated-filler"]}
    return edited(study, "effects", others, ci_low=-0.1, ci_high=0.3, estimate=0.1)


def _scored(study: Study) -> Study:
    """`study` with round numbers in the tables of its scoring."""
    rates = study.tables["pass_rates"]
    earlier = rates.filter(pl.col("step") > 0).with_columns(step=pl.lit(69, pl.Int64), pass_rate=pl.lit(0.01))
    study = study._replace(tables={**study.tables, "pass_rates": pl.concat([earlier, rates])})
    study = edited(study, "pass_rates", answer_line_rate=0.5)
    for run, condition, rate in (
        ("base", "none", 0.3),
        ("base", "curated", 0.4),
        ("sft-s0", "none", 0.2),
        ("sft-s0", "curated", 0.8),
        ("sft-s1", "none", 0.4),
        ("sft-s1", "curated", 0.9),
    ):
        where = AT_S | {"run": run, "condition": condition, "step": 0 if run == "base" else STEP}
        study = edited(study, "pass_rates", where, pass_rate=rate)
    # of single seeds, which no sentence is about
    study = edited(study, "bounds", {"path": "judge:a"} | _SEED_OF_LIFT, n_unscored=2, n_episodes=20)
    study = edited(study, "pass_rates", {"run": ["sft-s0", "sft-s1"]}, answer_line_rate=1.0)
    study = edited(study, "pass_rates", {"student": "m", "run": "base"}, answer_line_rate=None)
    study = edited(study, "bounds", AT_S | _BOUNDS_OF_LIFT, n_unscored=4, n_episodes=200)
    study = edited(study, "bounds", AT_S | _BOUNDS_OF_LIFT, bound_low=0.2, bound_high=0.3)
    study = edited(study, "bounds", AT_S | _BOUNDS_OF_LIFT, ci_low=0.05, ci_high=0.45)
    lost = {"path": "judge:a", "student": "s", "run": "sft-s0", "condition": "curated"}
    study = edited(study, "pass_rates", lost | {"step": STEP}, n_unscored=3)
    for part, shift in (("judge:a", 0.6), ("judge:b", -0.7)):
        where = {"path": part, "student": "s", "run": "base", "condition": "curated"}
        study = edited(study, "path_shift", where, shift=shift, ci_low=shift - 0.1, ci_high=shift + 0.1)
    moves = {"student": "m", "run": "sft", "contrast": "lift:curated-none"}
    numbers = {"estimate_a": 0.2, "estimate_b": -0.4, "shift": -0.6, "ci_low": -0.7, "ci_high": -0.5}
    study = edited(study, "judge_shift", same_direction=True)
    study = edited(study, "judge_shift", moves, **numbers, same_direction=False)
    study = edited(study, "judge_shift", {"student": "m", "run": "base"}, same_direction=None)
    mixture = {"student": "s", "run": "sft", "contrast": "lift:curated-none", "path_before": "bench"}
    study = edited(study, "mixed_paths", mixture | {"path_after": "judge:a"}, estimate=0.95)
    away = {"path_before": "judge:a", "path_after": "bench"}
    study = edited(study, "mixed_paths", mixture | away, estimate=-0.3)
    study = edited(study, "mixed_paths", mixture | {"path_after": "bench"}, estimate=-0.9)
    matched = mixture | {"path_before": "judge:a", "path_after": "judge:a"}
    study = edited(study, "mixed_paths", matched, estimate=0.25)
    all_runs = {"condition": "all"}
    verdicts = {
        "both_pass": 3,
        "both_fail": 4,
        "only_a": 2,
        "only_b": 1,
        "n_unscored_a": 0,
        "n_unscored_b": 1,
    }
    study = edited(study, "agreement", all_runs, **verdicts, kappa=0.5, kappa_low=0.4, kappa_high=0.6)
    best = {"student": "m", "run": "base"}
    study = edited(study, "agreement", all_runs | best, kappa=0.8, kappa_low=0.7, kappa_high=0.9)
    worst = {"student": "r", "run": "base"}
    study = edited(study, "agreement", all_runs | worst, kappa=0.2, kappa_low=None, kappa_high=None)
    study = edited(
        study,
        "corrected_effects",
        {"path": "judge:a", "contrast": "lift:curated-none"},
        answer_lines_low=0.9,
        answer_lines_high=0.91,
        n_labelled=90,
        reason="",
        estimate=0.25,
    )
    for method, estimate in (("rogan_gladen", 0.21), ("prediction_powered", 0.19)):
        where = {"path": "judge:a", "contrast": "lift:curated-none", "method": method}
        ends = {"ci_low": estimate - 0.1, "ci_high": estimate + 0.1}
        study = edited(study, "corrected_effects", where, estimate=estimate, **ends)
    for error, rate in (("false_pass", 0.1), ("false_fail", 0.25)):
        where = {"judge": "a", "error": error, "kind": "all"}
        counts = {"n_cases": 21, "n_unscored": 1, "ci_low": 0.02, "ci_high": 0.5}
        study = edited(study, "certification", where, rate=rate, **counts)
    return study


@cache
def base_alone() -> Study:
    """No run is trained."""
    study = known()
    kept = {
        name: table.filter(pl.col("run") == "base") if "run" in table.columns else table
        for name, table in study.tables.items()
    }
    tables = kept | {name: study.tables[name].clear() for name in ("asymmetry", "predictions")}
    return respecified(study._replace(tables=tables), runs=[run for run in RUNS if run["recipe"] is None])


@cache
def on_bench() -> Study:
    """The headline path is the extractor's."""
    return respecified(known(), {"headline_path": "bench"})


@cache
def one_seed() -> Study:
    """Every recipe is trained once, with seed 0."""
    study = known()
    tables = {}
    for name, table in study.tables.items():
        if "run" not in table.columns:
            continue
        if name == "claims":
            of_runs = pl.col("claim").is_in(["lift", "procedural_delta"]) & (pl.col("run") == "sft")
            table = table.with_columns(run=pl.when(of_runs).then(pl.lit("sft-s0")).otherwise("run"), n_runs=1)
        elif table["run"].is_in(["sft"]).any():
            gone = pl.col("run").is_in(["sft-s0", "sft-s1"])
            table = table.filter(~gone).with_columns(run=pl.col("run").replace("sft", "sft-s0"))
        tables[name] = table.filter(pl.col("run") != "sft-s1")
    changed = study._replace(tables={**study.tables, **tables})
    return respecified(changed, runs=[run for run in RUNS if run["run"] != "sft-s1"])


@cache
def one_path() -> Study:
    """The headline judge scores all, and there is no other path."""
    study = known()
    tables = {
        name: table.filter(pl.col("path") == "judge:a") if "path" in table.columns else table
        for name, table in study.tables.items()
    }
    none = {name: table.clear() for name, table in tables.items() if name in ("agreement", "judge_shift")}
    return study._replace(
        tables=tables
        | none
        | {
            "path_shift": tables["path_shift"].clear(),
            "mixed_paths": tables["mixed_paths"].filter(path_before="judge:a", path_after="judge:a"),
            "certification": tables["certification"].filter(judge="a"),
        }
    )


@cache
def undefined() -> Study:
    """No verdict on the headline path: what rests on it is undefined."""
    study = known()
    nothing = dict.fromkeys(("estimate", "ci_low", "ci_high", "p_value", "p_holm", "p_equivalence", "mde"))
    counts = {"n_tasks": 0, "n_skills": 0, "n_unscored": 9}
    study = edited(
        study, "claims", {"path": "judge:a"}, **nothing, **counts, word="undefined", word_holds=False
    )
    slopes = {"slope": None, "ci_low": None, "ci_high": None}
    study = edited(study, "asymmetry", {"path": "judge:a"}, **slopes)
    for table in ("bounds", "corrected_effects"):
        ends = {"bound_low": None, "bound_high": None} if table == "bounds" else {}
        gone = {"estimate": None, "ci_low": None, "ci_high": None, "n_unscored": 9, **ends}
        study = edited(study, table, {"path": "judge:a"}, **gone)
    return edited(
        study, "pass_rates", {"path": "judge:a"}, pass_rate=None, n_tasks=0, n_skills=0, n_unscored=9
    )
