"""Studies that sentences of several questions are held against."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Study
from referee.studies import BEYOND, LIFT, UNIFORM_PAIR, known
from referee.whole import edited, respecified, without_rows


@cache
def other_numbers() -> Study:
    """The claims of the headline path have other numbers, and their variance is little known."""
    numbers = {"estimate": 0.07, "ci_low": -0.02, "ci_high": 0.16, "p_value": 0.2, "mde": 0.2}
    counts = {"n_tasks": 31, "n_skills": 10, "n_unscored": 5}
    few = {"degrees_of_freedom": 6.0, "mde_low": 0.1, "mde_high": 0.5, "p_equivalence": 0.2}
    study = edited(known(), "claims", {"path": "judge:a"}, **numbers, **counts, **few)
    study = edited(study, "claims", LIFT, p_holm=0.0004, word="not resolvable at this n")
    return edited(study, "claims", UNIFORM_PAIR, p_holm=0.0004, word="not resolvable at this n")


@cache
def without_interval() -> Study:
    nothing = {"ci_low": None, "ci_high": None, "p_value": None, "p_holm": None, "mde": None}
    study = edited(known(), "claims", {"path": "judge:a"}, **nothing, word="undefined")
    return edited(study, "claims", {"path": "judge:a"}, p_equivalence=None)


@cache
def format_moves() -> Study:
    """SFT changes how many responses have an ANSWER line."""
    study = edited(known(), "claims", LIFT, answer_lines_low=0.4, answer_lines_high=1.0)
    where = {"path": "judge:a", "student": "s", "run": "sft"}
    return edited(study, "corrected_effects", where, answer_lines_low=0.4, answer_lines_high=1.0)


@cache
def format_moves_on_bench() -> Study:
    study = edited(known(), "claims", {"path": "bench", "claim": "lift"}, answer_lines_low=0.4)
    study = edited(study, "claims", {"path": "bench", "claim": "lift"}, answer_lines_high=1.0)
    return respecified(study, {"headline_path": "bench"})


@cache
def format_moves_uncertified() -> Study:
    """... and nobody knows what the judge misses."""
    return edited(format_moves(), "certification", {"judge": "a"}, rate=None)


@cache
def no_certificate() -> Study:
    study = format_moves()
    rates = study.tables["certification"].filter(judge="b")
    return study._replace(tables={**study.tables, "certification": rates})


COUNTED = "30 tasks in 11 skills, 4 episodes unscored; path judge:a)"
BEYOND_AT_S = BEYOND | {"student": "s", "run": "sft"}


def without_conditions(study: Study, *gone: str) -> Study:
    """`study` in which these conditions were never asked."""
    tables = {}
    for name, table in study.tables.items():
        for column in ("condition", "contrast"):
            if column in table.columns:
                table = table.filter(~pl.col(column).str.contains("|".join(gone)))
        tables[name] = table
    return study._replace(tables=tables)


@cache
def no_filler() -> Study:
    return without_conditions(known(), "filler")


@cache
def no_controls() -> Study:
    study = without_conditions(known(), "filler", "placebo")
    return without_rows(study, "claims", claim="beyond_longer_prompt")


@cache
def controls_without_procedure() -> Study:
    """Controls were asked, and the procedure was not."""
    return without_rows(without_conditions(known(), "curated"), "claims", claim="beyond_longer_prompt")


@cache
def no_lifts() -> Study:
    nothing = {"estimate": None, "ci_low": None, "ci_high": None, "p_holm": None, "mde": None}
    study = edited(known(), "claims", BEYOND_AT_S, **nothing, word="undefined")
    return edited(
        study, "effects", {"path": "judge:a", "student": "s", "run": "sft"}, estimate=None, ci_low=None
    )


AT_AFTER_SFT = "at 45 k after SFT by sft, mean of 2 seeds"
OF_LIFT = {"contrast": "lift:curated-none"}


@cache
def strict() -> Study:
    """The study allows the headline judge fewer false passes than it makes."""
    return respecified(known(), {"certification": {"max_false_pass": 0.05, "max_false_fail": 0.3}})


@cache
def alike() -> Study:
    """Judges and paths give the same numbers throughout."""
    study = edited(known(), "judge_shift", shift=0.0002, same_direction=True)
    study = edited(study, "judge_shift", {"student": "m", "run": "base"}, shift=None, same_direction=None)
    study = edited(study, "mixed_paths", estimate=0.25)
    one = {"both_pass": 8, "both_fail": 0, "only_a": 0, "only_b": 0, "n_unscored_a": 2}
    study = edited(study, "agreement", **one, kappa=1.0, kappa_low=1.0, kappa_high=1.0)
    study = edited(study, "agreement", {"student": "r"}, kappa=None)
    study = edited(study, "path_shift", {"path": "judge:a"}, shift=None)
    return edited(study, "path_shift", {"path": "judge:b"}, shift=0.0)


@cache
def no_contrast() -> Study:
    """Only one condition was asked: no delta, no lift, no mixture, no bounds."""
    study = known()
    gone = ("claims", "effects", "mixed_paths", "bounds", "corrected_effects", "judge_shift", "asymmetry")
    kept = {name: study.tables[name].clear() for name in gone}
    one = {
        name: study.tables[name].filter(pl.col("condition").is_in(["none", "all"]))
        for name in ("agreement", "path_shift", "pass_rates")
    }
    return study._replace(tables={**study.tables, **kept, **one})


AFTER_SFT = "45 k after SFT by sft, mean of 2 seeds"
