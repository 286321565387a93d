"""What the findings can say of variants: once true, once false."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.claim_rows import COUNTS, claim_row, elsewhere, made_table
from referee.studies import base_alone, known, one_seed
from referee.whole import respecified
from skillift.contracts.analysis import VARIANTS

_HERE = {"suite": "perturbed", "contrast": "lift:variant:curated", "claim": "brittleness", "metric": "pass"}
_COUNTED = {
    name: pl.lit(count, dtype=pl.Int64)
    for name, count in (("n_tasks", 30), ("n_skills", 11), ("n_unscored", 0))
}
_APART = {"ci_low": -0.2, "ci_high": -0.04, "mde": 0.11, "p_value": 0.004, "standard_error": 0.04}


def _with(study: Study, claims: pl.DataFrame, left_out: int | None = 30) -> Study:
    """`study` in which variants were asked: their claims, what they differ by, and how many there are."""
    tables = study.tables
    of_base = pl.col("contrast").is_in(["curated-none"]) & (pl.col("path") == "judge:a")
    apart = (
        tables["effects"]
        .filter(of_base, suite="holdout", metric="pass")
        .with_columns(suite=pl.lit("perturbed"), contrast=pl.lit("variant:curated"))
    )
    apart = apart.with_columns(pl.lit(value).alias(name) for name, value in _APART.items())
    apart = apart.with_columns(estimate=pl.lit(-0.12), **_COUNTED)
    other = apart.with_columns(path=pl.lit("judge:b"), estimate=pl.lit(-0.77))
    own = apart.with_columns(contrast=pl.lit("curated-none"), estimate=pl.lit(-0.55))
    rates = tables["pass_rates"].filter(suite="holdout").with_columns(suite=pl.lit("perturbed"))
    counts = made_table(
        [
            {"suite": suite, "change": change, "n_parents": 36, "n_variants": made, "n_left_out": out}
            for suite, change, made, out in (
                ("perturbed", "step_removed", 30, None if left_out is None else 6),
                ("perturbed", "steps_exchanged", 12, left_out),
                ("dev", "step_removed", 1, 99),
            )
        ],
        VARIANTS,
    )
    shown = study._replace(
        tables={
            **tables,
            "claims": pl.concat([tables["claims"], claims], how="vertical_relaxed"),
            "effects": pl.concat([tables["effects"], apart, other, own]),
            "pass_rates": pl.concat([tables["pass_rates"], rates]),
            "variants": counts,
        }
    )
    return respecified(shown, {"suites": ["holdout", "perturbed"]})


def _claims(estimate: float, low: float, high: float, word: str) -> pl.DataFrame:
    row = claim_row(**_HERE, student="s", run="sft", estimate=estimate, ci_low=low, ci_high=high, mde=0.12)
    other = claim_row(**_HERE, student="m", run="sft", word="not resolvable at this n", p_holm=0.5)
    return elsewhere(pl.concat([row.with_columns(word=pl.lit(word)), other]))


@cache
def brittle() -> Study:
    """Variants fall further behind at 45 k, and nothing is resolved at 115 k; 30 of 72 are left out."""
    return _with(known(), _claims(-0.21, -0.32, -0.1, "supported"), left_out=24)


@cache
def robust() -> Study:
    """SFT changes little; no variant is left out."""
    study = _with(known(), _claims(0.01, -0.02, 0.04, "equivalent"), left_out=0)
    counts = study.tables["variants"].with_columns(n_left_out=pl.lit(0, dtype=pl.Int64))
    study = study._replace(tables={**study.tables, "variants": counts})
    return _unlike(study)


def _unlike(study: Study) -> Study:
    """Variants are passed as often as their tasks."""
    effects = study.tables["effects"]
    values = {"estimate": 0.0, "ci_low": -0.02, "ci_high": 0.02, "p_value": 0.9}
    here = pl.col("contrast") == "variant:curated"
    new = {name: pl.when(here).then(value).otherwise(name) for name, value in values.items()}
    return study._replace(tables={**study.tables, "effects": effects.with_columns(**new)})


@cache
def own_variants() -> Study:
    """Own tasks: how many could have been made is not known."""
    study = brittle()
    counts = study.tables["variants"].with_columns(n_left_out=pl.lit(None, dtype=pl.Int64))
    return study._replace(tables={**study.tables, "variants": counts})


@cache
def not_asked() -> Study:
    """Their effects are in the tables, and this study does not ask that suite."""
    return respecified(brittle(), {"suites": ["holdout"]})


@cache
def without_effects() -> Study:
    """Variants were asked, and their tasks were not; another suite has both."""
    study = brittle()
    effects = study.tables["effects"].with_columns(suite=pl.col("suite").replace("perturbed", "dev"))
    return study._replace(tables={**study.tables, "effects": effects})


@cache
def on_another_path() -> Study:
    """The headline path is that of the other judge."""
    return respecified(brittle(), {"headline_path": "judge:b"})


@cache
def far_behind() -> Study:
    study = brittle()
    here = (pl.col("contrast") == "variant:curated") & (pl.col("path") == "judge:a")
    estimate = pl.when(here).then(-0.55).otherwise("estimate")
    effects = study.tables["effects"].with_columns(estimate=estimate)
    return study._replace(tables={**study.tables, "effects": effects})


@cache
def trained_once() -> Study:
    return _with(one_seed(), _claims(-0.21, -0.32, -0.1, "supported"))


@cache
def untrained() -> Study:
    """Nothing was trained."""
    return _with(base_alone(), brittle().tables["claims"].clear())


CASES = [
    Sentence(
        "Does it break on a changed task? \u201cafter SFT variants fall further behind the tasks that "
        "they are made of (under curated)\u201d: 1 supported, 1 not resolvable at this n.",
        "so many claims of brittleness have that word on the headline path",
        brittle,
        (known, robust, untrained),
    ),
    Sentence(
        "Of 72 variants 30 have the answer of the task that they are made of: left out.",
        "so many variants were not asked",
        brittle,
        (robust, own_variants),
    ),
    Sentence(
        "change of variant \u2212 its task under curated | Change of variant \u2212 its task under curated "
        "at 45 k after SFT by sft, mean of 2 seeds: \u221221.0 pp (95 % interval \u221232.0 to "
        "\u221210.0 pp; "
        f"Holm-adjusted p = 0.004; smallest detectable effect 12.0 pp; {COUNTS}; path judge:a). [supported] "
        "variants",
        "at that student variants fall further behind, by so much",
        brittle,
        (known, robust),
    ),
    Sentence(
        "variant \u2212 its task under curated | Variant \u2212 its task under curated at 45 k before SFT: "
        "\u221212.0 pp (95 % interval \u221220.0 to \u22124.0 pp; Holm-adjusted p = 0.024; smallest "
        "detectable effect 17.1 pp (its variance is little known: 11.8 to 28.2 pp); ",
        "at that student variants are behind before SFT, by so much; each of so many differences is tested",
        brittle,
        (known, robust),
    ),
    *(
        Sentence(
            f"Variant \u2212 its task under curated at 45 k before SFT: \u2212{points}.0 pp",
            "that is how far variants are behind, on the headline path",
            behind,
            (brittle,),
        )
        for points, behind in ((77, on_another_path), (55, far_behind))
    ),
    Sentence(
        "Variant \u2212 its task under curated at 45 k after SFT by sft, seed 0: ",
        "it is of that one training",
        trained_once,
        (brittle,),
    ),
    Sentence(
        "Does it break on a changed task? Variants pass as another share than the tasks that they are made "
        "of: ",
        "variants were asked, and nothing was trained",
        untrained,
        (known, brittle, base_alone),
    ),
    Sentence(
        "Does it break on a changed task?",
        "variants are asked",
        robust,
        (known, base_alone, not_asked, without_effects),
    ),
]
