"""What the findings can say of the forecast: whether lifts follow what base models told before training."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.claim_rows import COUNTS, claim_row, elsewhere
from referee.studies import known
from referee.whole import respecified
from skillift.contracts.analysis import FORECAST

_COMMON = {
    "student": "s",
    "run": "sft",
    "contrast": "lift:curated-none",
    "margin": None,
    "p_equivalence": None,
}
_SLOPE = _COMMON | {"claim": "forecast", "n_runs": 2, "mde": 0.9}
_BEYOND = _COMMON | {"claim": "forecast_beyond_base", "n_runs": 2, "mde": 0.08}
_TIERS = _SLOPE | {"student": "", "p_value": None, "p_holm": None, "mde": None}


def _with(*rows: pl.DataFrame) -> Study:
    tables = known().tables
    claims = pl.concat([tables["claims"], elsewhere(pl.concat(rows))])
    return known()._replace(tables={**tables, "claims": claims})


@cache
def foretold() -> Study:
    """Skills of which the base model prefers right answers gain more, and three tiers lie on a line."""
    return _with(
        claim_row(**_SLOPE, estimate=1.2, ci_low=0.4, ci_high=2.0, word="supported"),
        claim_row(**_BEYOND, estimate=-0.03, ci_low=-0.05, ci_high=-0.01, word="contradicted"),
        claim_row(**_TIERS, estimate=2.0, ci_low=1.0, ci_high=3.0, word="not resolvable at this n"),
    )


@cache
def told_by_the_rival_alone() -> Study:
    """They gain less, and the base pass rate tells less; two tiers, between which nothing is said."""
    return _with(
        claim_row(**_SLOPE, estimate=-1.2, ci_low=-2.0, ci_high=-0.4, word="contradicted"),
        claim_row(**_BEYOND, estimate=0.03, ci_low=0.01, ci_high=0.05, word="supported"),
    )


def _skills(**values: object) -> pl.DataFrame:
    rows = [
        {
            "path": path,
            "suite": "holdout",
            "student": "s",
            "recipe": "sft",
            "run": "sft",
            "skill_id": f"k{place}",
        }
        | {"discrimination": 0.3 + 0.1 * place, "base_pass": 0.2 + 0.1 * (place % 2), "lift": 0.1 * place}
        | {"n_tasks": 3, "n_pairs": 4, "n_ties": 0, "n_unpaired": 0, "n_unscored": 0, "n_runs": 2}
        for path in ("judge:a", "judge:b")
        for place in range(4)
    ]
    types = {name: column.dtype.type for name, column in FORECAST.columns.items()}
    return pl.DataFrame(rows, schema=types).with_columns(
        **{name: pl.lit(each) for name, each in values.items()}
    )


def _drawn(table: pl.DataFrame) -> Study:
    return known()._replace(tables={**known().tables, "forecast": table})


@cache
def all_skills_told() -> Study:
    return _drawn(_skills())


@cache
def a_skill_without_a_pair() -> Study:
    first = pl.when(pl.col("skill_id") != "k0").then("discrimination")
    return _drawn(_skills().with_columns(discrimination=first))


@cache
def fewer_skills() -> Study:
    return _drawn(_skills().filter(pl.col("skill_id") != "k3"))


@cache
def another_path() -> Study:
    return respecified(all_skills_told(), {"headline_path": "judge:b"})


_HEAD = "Could it have been foretold?"
_AT = "at 45 k after SFT by sft, mean of 2 seeds"

CASES = [
    Sentence(_HEAD, "a forecast is declared", foretold, (known,)),
    Sentence(
        f"{_HEAD} Skills on which the base model prefers right answers gain more lift (slope over skills): 1 "
        "supported; that tells more of the lift than the base pass rate does (per standard deviation over "
        "skills): 1 contradicted.",
        "both are known at one student, and tiers are no evidence",
        foretold,
        (known, told_by_the_rival_alone),
    ),
    Sentence(
        f"forecast | Slope over skills of the lift on how often the base model prefers right answers, {_AT}: "
        "+1.20 (95 % interval +0.40 to +2.00; Holm-adjusted p = 0.004; smallest detectable effect 0.90; "
        f"{COUNTS}; path judge:a). [supported] forecast",
        "the slope over its skills is this",
        foretold,
        (known, told_by_the_rival_alone),
    ),
    Sentence(
        "forecast beyond base | Lift that goes with one standard deviation of that, less what goes with one "
        f"of the base pass rate, {_AT}: \u22123.0 pp (95 % interval \u22125.0 to \u22121.0 pp; Holm-adjusted "
        f"p = 0.004; smallest detectable effect 8.0 pp; {COUNTS}; path judge:a). [contradicted] forecast",
        "the base pass rate tells more by so much",
        foretold,
        (known, told_by_the_rival_alone),
    ),
    Sentence(
        f"forecast | Slope of the same between the means of students by sft: +2.00 ({COUNTS}; path judge:a). "
        "So few tiers never resolve a slope, however well they lie on a line. [not resolvable at this n] "
        "forecast",
        "three tiers or more were trained by it",
        foretold,
        (known, told_by_the_rival_alone),
    ),
    Sentence(
        "path judge:a · holdout suite · 12 tasks in 4 skills · unscored: 0 per estimate 95 % intervals of "
        "the slopes: table of claims",
        "the lifts are those of that path",
        all_skills_told,
        (another_path, fewer_skills),
        "figure forecast",
    ),
    Sentence(
        "n = 4 skills, a point each; lines: least squares; shares: before training",
        "so many skills have a lift",
        all_skills_told,
        (fewer_skills,),
        "figure forecast",
    ),
    Sentence(
        "undefined, not drawn: 1 point without a pair, an answer or a verdict",
        "of one skill no pair could be made",
        a_skill_without_a_pair,
        (all_skills_told,),
        "figure forecast",
    ),
]
