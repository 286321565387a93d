"""What the findings can say of form and of the trajectory over the tiers: once true, once false."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.studies import LIFT, base_alone, known, on_bench
from referee.whole import edited, without_rows
from skillift.contracts.analysis import FORMAT_CELLS, TIER_SPREADS

_NUMBERS = {
    "standard_error": 0.05,
    "degrees_of_freedom": 40.0,
    "p_value": 0.002,
    "p_holm": 0.004,
    "n_tasks": 30,
    "n_skills": 11,
    "n_unscored": 0,
    "word_holds": True,
    "against": "",
}
_SHAPE = {"claim": "trajectory_shape", "path": "judge:a"}
_DOMINATED = {"claim": "dominated_by_base", "path": "judge:a"}
_CEILING = {"claim": "base_sets_ceiling", "path": "judge:a"}


def _claim(**values: object) -> pl.DataFrame:
    """A row of CLAIMS like that of a lift, with other values."""
    row = known().tables["claims"].filter(suite="holdout", **LIFT).head(1)
    return row.with_columns(
        **{name: pl.lit(value, dtype=row.schema[name]) for name, value in (_NUMBERS | values).items()}
    )


def _elsewhere(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows, and others of another suite and another path that say other things."""
    other = rows.with_columns(word=pl.lit("undefined"), estimate=pl.lit(-0.77), student=pl.lit("m"))
    return pl.concat(
        [rows, other.with_columns(suite=pl.lit("dev")), other.with_columns(path=pl.lit("judge:b"))]
    )


def _cells(**values: object) -> dict:
    types = {name: column.dtype.type for name, column in FORMAT_CELLS.columns.items()}
    row = dict.fromkeys(types) | {
        "path": "bench",
        "suite": "holdout",
        "student": "s",
        "run": "sft-s0",
        "step": 138,
        "condition": "none",
        "n_tasks": 30,
        "n_skills": 11,
        "n_unscored": 2,
        "gain": 0.2,
        "more_lines": 0.15,
        "more_lines_low": 0.1,
        "more_lines_high": 0.2,
        "better_lines": 0.05,
        "better_lines_low": -0.05,
        "better_lines_high": 0.15,
    }
    return row | values


def _table(rows: list[dict], schema) -> pl.DataFrame:
    types = {name: column.dtype.type for name, column in schema.columns.items()}
    return pl.DataFrame(rows, schema=types)


@cache
def formed() -> Study:
    """Form is learned before the answer at 45 k and not resolved at 115 k; responses grow longer."""
    study = known()
    lead = {"claim": "format_before_correctness", "metric": "format_lead", "contrast": "gain:none"}
    longer = {"claim": "longer_answers", "metric": "length", "contrast": "gain:none", "path": "text"}
    rows = [
        _claim(**lead, student="s", run="sft", estimate=0.25, ci_low=0.1, ci_high=0.4, mde=0.12),
        _claim(**lead, student="m", run="sft", word="not resolvable at this n", p_holm=0.5),
        _claim(**longer, student="s", run="sft", estimate=6.24, ci_low=5.0, ci_high=7.46, mde=0.9),
    ]
    cells = _table(
        [
            _cells(),
            _cells(run="sft-s1", gain=None),
            _cells(suite="dev", gain=0.9),
            _cells(condition="curated", gain=0.8),
            _cells(path="judge:a", gain=0.7),
        ],
        FORMAT_CELLS,
    )
    claims = pl.concat([study.tables["claims"], _elsewhere(pl.concat(rows))])
    return study._replace(tables={**study.tables, "claims": claims, "format_cells": cells})


@cache
def formed_and_not_divided() -> Study:
    study = formed()
    return study._replace(tables={**study.tables, "format_cells": study.tables["format_cells"].clear()})


@cache
def learned_together() -> Study:
    """The gain in form is that in passes."""
    where = {"claim": "format_before_correctness", "student": "s"}
    study = edited(formed(), "claims", where, estimate=0.0, word="not resolvable at this n", p_holm=0.9)
    return edited(study, "claims", {"claim": "longer_answers"}, estimate=-6.24, word="contradicted")


@cache
def better_lines_alone() -> Study:
    values = {"more_lines": 0.0, "better_lines": 0.2, "more_lines_low": None, "more_lines_high": None}
    return edited(formed(), "format_cells", {"path": "bench", "run": "sft-s0"}, **values)


@cache
def shaped() -> Study:
    """A declared shape that is not resolved before SFT and supported after it."""
    study = known()
    shape = {"claim": "trajectory_shape", "metric": "pass", "contrast": "curated-none", "student": ""}
    rows = [
        _claim(
            **shape,
            run="base",
            estimate=0.01,
            ci_low=-0.05,
            ci_high=0.07,
            mde=3.5,
            p_holm=0.7,
            word="not resolvable at this n",
        ),
        _claim(**shape, run="sft", estimate=0.08, ci_low=0.02, ci_high=0.14, mde=0.9),
    ]
    gone = without_rows(study, "claims", claim=["dominated_by_base", "base_sets_ceiling"]).tables["claims"]
    dominated = _claim(
        claim="dominated_by_base",
        metric="pass",
        contrast="lift:curated-none",
        student="",
        run="sft",
        estimate=-0.0042,
        ci_low=-0.008,
        ci_high=-0.0004,
        mde=0.006,
    )
    ceilings = [
        _claim(
            claim="base_sets_ceiling",
            metric="pass",
            contrast="curated",
            student=student,
            run="sft",
            estimate=slope,
            ci_low=slope - 0.2,
            ci_high=slope + 0.2,
            mde=0.28,
        )
        for student, slope in (("s", 0.45), ("m", 0.31))
    ]
    spreads = _table(
        [
            {"path": path, "suite": suite, "recipe": "sft", "of_lifts": lifts, "of_deltas": 0.006}
            | {"n_tasks": 30, "n_skills": 11, "n_unscored": 0, "n_runs": 2}
            for path, suite, lifts in (
                ("judge:a", "holdout", 0.002),
                ("judge:b", "holdout", 0.05),
                ("judge:a", "dev", 0.07),
            )
        ],
        TIER_SPREADS,
    )
    claims = pl.concat([gone, _elsewhere(pl.concat([*rows, dominated, *ceilings]))])
    return study._replace(tables={**study.tables, "claims": claims, "tier_spreads": spreads})


@cache
def other_shape() -> Study:
    """The declared shape is contradicted before SFT and undefined after it, where it has no multiple."""
    wrong = {"estimate": -0.2, "ci_low": -0.3, "ci_high": -0.1, "word": "contradicted", "p_holm": 0.001}
    study = edited(shaped(), "claims", _SHAPE | {"run": "base"}, **wrong, mde=None)
    unknown = {"estimate": None, "ci_low": None, "ci_high": None, "p_holm": None, "mde": None}
    study = edited(study, "claims", _SHAPE | {"run": "sft"}, **unknown, word="undefined")
    return edited(study, "claims", _CEILING, estimate=None, ci_low=None, ci_high=None, word="undefined")


@cache
def noise_between_tiers() -> Study:
    """Noise alone explains how the lifts differ between tiers."""
    study = edited(shaped(), "tier_spreads", of_lifts=-0.001)
    return edited(study, "claims", _DOMINATED, estimate=0.0042, ci_low=0.0004, ci_high=0.008)


@cache
def spread_unknown() -> Study:
    return edited(shaped(), "tier_spreads", of_lifts=None, of_deltas=None)


@cache
def without_trajectory() -> Study:
    every = ["trajectory_shape", "dominated_by_base", "base_sets_ceiling"]
    return without_rows(shaped(), "claims", claim=every)


_COUNTS = "30 tasks in 11 skills, 0 episodes unscored"

OF_FORM = [
    Sentence(
        "Is it the answer, or its form? SFT teaches the form before the answer (gain in form above that in "
        "passes, under none): 1 supported, 1 not resolvable at this n; SFT makes responses longer (tokens, "
        "without the procedure): 1 supported.",
        "so many claims about further metrics have that word on the headline path and the path text",
        formed,
        (known, learned_together),
    ),
    Sentence(
        "format before correctness | In form less right, gain under none, at 45 k after SFT by sft, mean "
        "of 2 "
        "seeds: +25.0 pp (95 % interval +10.0 to +40.0 pp; Holm-adjusted p = 0.004; smallest detectable "
        "effect "
        f"12.0 pp; {_COUNTS}; path judge:a). [supported] metrics",
        "the gain in form is that much above the gain in passes, sample by sample on that path",
        formed,
        (known, learned_together, on_bench),
    ),
    Sentence(
        "longer answers | Length of the response, gain under none, at 45 k after SFT by sft, mean of 2 "
        "seeds: "
        "+6.2 tokens (95 % interval +5.0 to +7.5 tokens; Holm-adjusted p = 0.004; smallest detectable "
        "effect "
        f"0.9 tokens; {_COUNTS}; path text). [supported] metrics",
        "responses grow longer by so many tokens",
        formed,
        (known, learned_together),
    ),
    Sentence(
        "more or better lines | Of the gain of +20.0 pp under none at 45 k after SFT by sft, seed 0: +15.0 "
        "pp "
        "(95 % interval +10.0 to +20.0 pp) by more ANSWER lines, +5.0 pp (95 % interval \u22125.0 to +15.0 "
        "pp) "
        "by better ones (30 tasks in 11 skills, 2 episodes unscored; path bench).",
        "the gain on bench is what more lines add, and what better lines add",
        formed,
        (known, better_lines_alone, formed_and_not_divided),
    ),
    Sentence(
        "+0.0 pp (interval undefined) by more ANSWER lines, +20.0 pp",
        "no more lines are there, and all that is gained is gained by better ones",
        better_lines_alone,
        (formed,),
    ),
    Sentence("by more ANSWER lines", "a gain on bench is divided", formed, (known, formed_and_not_divided)),
]

OF_TRAJECTORY = [
    Sentence(
        "What shapes the trajectory over the tiers? The procedural deltas over the tiers have the declared "
        "signs: 1 supported, 1 not resolvable at this n; tiers differ less in their lifts than in their "
        "procedural deltas before SFT (mean squares): 1 supported; skills that pass more often before SFT "
        "do so "
        "after it (slope over skills, under curated): 2 supported.",
        "so many claims about the trajectory have that word on the headline path",
        shaped,
        (known, other_shape, without_trajectory, base_alone),
    ),
    Sentence("What shapes the trajectory", "a trajectory is claimed of", shaped, (without_trajectory,)),
    Sentence(
        "trajectory shape | Declared signs of the procedural deltas before SFT, and of their differences "
        "between neighbours: the one that decides is +1.0 pp in its declared direction (95 % interval "
        "\u22125.0 to +7.0 "
        "pp; "
        f"Holm-adjusted p = 0.700; {_COUNTS}; path judge:a). With 80 % power a pattern 3.5 times as large as "
        "the declared one would be found, or this one with 12.2 times as many tasks and skills. [not "
        "resolvable "
        "at this n] tier_trajectory",
        "the least certain sign is that of an effect of 1 pp, and a pattern 3.5 times as large would be "
        "found",
        shaped,
        (known, other_shape),
    ),
    Sentence(
        "Declared signs of the procedural deltas after SFT by sft, and of their differences between "
        "neighbours: the one that decides is +8.0 pp in its declared direction",
        "after SFT all signs are as declared",
        shaped,
        (known, other_shape),
    ),
    Sentence(
        "the one that decides is \u221220.0 pp in its declared direction (95 % interval \u221230.0 to "
        "\u221210.0 pp; "
        f"Holm-adjusted p = 0.001; {_COUNTS}; path judge:a). [contradicted]",
        "a sign is the other one",
        other_shape,
        (shaped,),
    ),
    Sentence(
        "Declared signs of the procedural deltas after SFT by sft, and of their differences between "
        f"neighbours: undefined ({_COUNTS}; path judge:a). [undefined]",
        "a delta is undefined",
        other_shape,
        (shaped,),
    ),
    Sentence(
        "dominated by base | Mean square between tiers by sft, lifts less procedural deltas before SFT: "
        "\u221242.0 pp\u00b2 (95 % interval \u221280.0 to \u22124.0 pp\u00b2; Holm-adjusted p = 0.004; "
        "smallest "
        f"detectable effect 60.0 pp\u00b2; {_COUNTS}; path judge:a). They are 20.0 pp\u00b2 and 60.0 "
        "pp\u00b2, "
        "the lifts' share of both 25.0 %. [supported] tier_trajectory",
        "tiers differ less in their lifts than in their deltas before SFT, by these mean squares",
        shaped,
        (known, noise_between_tiers),
    ),
    Sentence(
        "They are \u221210.0 pp\u00b2 and 60.0 pp\u00b2, the lifts' share of both undefined.",
        "noise alone explains how the lifts differ, so that they have no share",
        noise_between_tiers,
        (shaped,),
    ),
    Sentence(
        "They are undefined and undefined, the lifts' share of both undefined.",
        "the mean squares are undefined",
        spread_unknown,
        (shaped,),
    ),
    Sentence(
        "base sets ceiling | Slope over skills of the pass rate under curated after SFT on that before it, "
        "at "
        "115 k after SFT by sft, mean of 2 seeds: +0.31 (95 % interval +0.11 to +0.51; Holm-adjusted p = "
        "0.004; "
        f"smallest detectable effect 0.28; {_COUNTS}; path judge:a). [supported]",
        "skills that pass more often before SFT do so after it at that tier",
        shaped,
        (known, other_shape),
    ),
]

CASES = [*OF_FORM, *OF_TRAJECTORY]
