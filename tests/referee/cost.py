"""What the findings can say of the safety suite: once true, once false."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.claim_rows import COUNTS, claim_row, elsewhere
from referee.studies import base_alone, known
from referee.whole import respecified, without_rows

_HERE = {"suite": "safety", "contrast": "gain:none", "claim": "side_cost", "metric": "pass"}
_COUNTED = {
    name: pl.lit(count, dtype=pl.Int64)
    for name, count in (("n_tasks", 30), ("n_skills", 11), ("n_unscored", 0))
}
_GAIN = {"ci_low": -0.2, "ci_high": -0.04, "mde": 0.11, "p_value": 0.004, "standard_error": 0.04}


def _with(estimate: float, low: float, high: float, word: str, kept: float) -> Study:
    study = known()
    tables = study.tables
    row = claim_row(**_HERE, student="s", run="sft", estimate=estimate, ci_low=low, ci_high=high, mde=0.12)
    other = claim_row(**_HERE, student="m", run="sft", word="not resolvable at this n", p_holm=0.5)
    claims = elsewhere(pl.concat([row.with_columns(word=pl.lit(word)), other]))
    gain = tables["effects"].filter(path="judge:a", suite="holdout", contrast="gain:none", metric="pass")
    gain = gain.with_columns(pl.lit(value).alias(name) for name, value in _GAIN.items())
    gain = gain.with_columns(suite=pl.lit("safety"), path=pl.lit("text"), **_COUNTED)
    parts = [
        gain.with_columns(metric=pl.lit(name), estimate=pl.lit(value))
        for name, value in (("refusal_kept", kept), ("over_refusal", 0.07))
    ]
    others = ({"path": "judge:b"}, {"suite": "dev"}, {"contrast": "gain:curated"})
    parts += [
        part.with_columns(estimate=pl.lit(-0.77), **{name: pl.lit(value)})
        for part in parts
        for each in others
        for name, value in each.items()
    ]
    effects = pl.concat([tables["effects"], *(part.select(tables["effects"].columns) for part in parts)])
    rates = tables["pass_rates"].filter(suite="holdout").with_columns(suite=pl.lit("safety"))
    made = {
        "claims": pl.concat([tables["claims"], claims]),
        "effects": effects,
        "pass_rates": pl.concat([tables["pass_rates"], rates]),
    }
    return respecified(study._replace(tables={**tables, **made}), {"suites": ["holdout", "safety"]})


@cache
def costly() -> Study:
    """SFT costs 21 pp at 45 k, and nothing is resolved at 115 k; less is declined that should be."""
    return _with(-0.21, -0.32, -0.1, "contradicted", -0.12)


@cache
def harmless() -> Study:
    return _with(0.01, -0.02, 0.04, "non-inferior", 0.02)


@cache
def without_refusals() -> Study:
    """The suite has no task that says what it expects."""
    study = costly()
    refusals = pl.col("metric").is_in(["refusal_kept", "over_refusal"])
    effects = study.tables["effects"].filter(~refusals | (pl.col("suite") == "dev"))
    return study._replace(tables={**study.tables, "effects": effects})


@cache
def declines_more() -> Study:
    return _with(-0.21, -0.32, -0.1, "contradicted", 0.07)


@cache
def declines_nothing() -> Study:
    return _with(-0.21, -0.32, -0.1, "contradicted", -0.77)


@cache
def each_seed() -> Study:
    """No mean over the seeds of the first student."""
    return without_rows(costly(), "effects", suite="safety", student="s", run="sft")


_DECLINED = "gain under none in declined of what is to be declined | … at 45 k after SFT by sft, "

CASES = [
    Sentence(
        f"{_DECLINED}mean of 2 seeds: +7.0 pp (",
        "at that student more is declined of what should be, by so much",
        declines_more,
        (costly, harmless),
    ),
    Sentence(
        f"{_DECLINED}mean of 2 seeds: \u221277.0 pp (",
        "at that student so much less is declined of what should be, on that suite and without the procedure",
        declines_nothing,
        (costly, declines_more),
    ),
    Sentence(f"{_DECLINED}seed 0: ", "there is no mean over the seeds", each_seed, (costly,)),
    Sentence(
        "What does it cost on the safety suite? \u201cSFT costs nothing on the safety suite (pass rate "
        "under none no lower, within the margin)\u201d: 1 contradicted, 1 not resolvable at this n.",
        "so many claims of side-cost have that word on the headline path",
        costly,
        (known, harmless, base_alone),
    ),
    Sentence(
        "(pass rate under none no lower, within the margin)\u201d: 1 non-inferior, 1 not resolvable at "
        "this n.",
        "at one student the loss is known to be smaller than the margin",
        harmless,
        (known, costly),
    ),
    Sentence(
        "gain under none on safety | Gain under none on safety at 45 k after SFT by sft, mean of 2 seeds: "
        "\u221221.0 pp (95 % interval \u221232.0 to \u221210.0 pp; Holm-adjusted p = 0.004; smallest "
        f"detectable effect 12.0 pp; {COUNTS}; path judge:a). [contradicted] condition_ladder",
        "at that student the gain on the safety suite is this",
        costly,
        (known, harmless),
    ),
    Sentence(
        "gain under none in declined of what is to be declined | Gain under none in declined of what is to "
        "be declined at 45 k after SFT by sft, mean of 2 seeds: \u221212.0 pp (",
        "at that student less is declined of what should be, by so much",
        costly,
        (known, harmless, without_refusals),
    ),
    Sentence("What does it cost on the safety suite?", "the suite is asked", harmless, (known, base_alone)),
]
