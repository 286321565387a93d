"""What the findings can say of suites beside the headline's, and of transfer: once true, once false."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.claim_rows import claim_row
from referee.studies import base_alone, known
from referee.whole import respecified

_COUNTS = "30 tasks in 11 skills, 0 episodes unscored; path judge:a)"
_GAIN = {"metric": "pass", "contrast": "gain:curated", "suite": "transfer"}


def _also(study: Study, suite: str) -> Study:
    """`study` in which another suite was asked, with the verdicts of the holdout."""
    tables = {
        name: pl.concat([one := table.filter(suite="holdout"), one.with_columns(suite=pl.lit(suite))])
        if "suite" in table.columns and name != "predictions"
        else table
        for name, table in study.tables.items()
    }
    return respecified(study._replace(tables=tables), {"suites": sorted(["holdout", suite])})


@cache
def two_suites() -> Study:
    """The suite dev is asked too: its lifts are other ones."""
    study = _at_dev(_also(known(), "dev"), {"student": "s"}, word="not resolvable at this n", p_holm=0.21)
    study = _at_dev(study, {"student": "s"}, estimate=-0.08, ci_low=-0.2, ci_high=0.04, mde=0.17)
    study = _at_dev(study, {"student": "s"}, degrees_of_freedom=40.0)
    return _at_dev(study, {}, n_tasks=37, n_skills=18, n_unscored=11)


def _at_dev(study: Study, where: dict, **values: object) -> Study:
    """`study` with values of the claims on the suite dev replaced."""
    claims = study.tables["claims"]
    here = pl.all_horizontal(
        pl.col("suite") == "dev", *(pl.col(name) == value for name, value in where.items())
    )
    new = {
        name: pl.when(here).then(pl.lit(value, dtype=claims.schema[name])).otherwise(name)
        for name, value in values.items()
    }
    return study._replace(tables={**study.tables, "claims": claims.with_columns(**new)})


@cache
def other_words_there() -> Study:
    """On dev every lift is undefined."""
    nothing = {"estimate": None, "ci_low": None, "ci_high": None, "p_holm": None, "mde": None}
    return _at_dev(two_suites(), {"claim": "lift"}, **nothing, word="undefined", n_tasks=0)


@cache
def nothing_trained() -> Study:
    return _also(base_alone(), "dev")


@cache
def headline_of_dev() -> Study:
    """The suite dev is the headline's."""
    return respecified(two_suites(), {"suite": "dev"})


def _claim(**values: object) -> pl.DataFrame:
    """A row of CLAIMS like that of a lift, with other values."""
    return claim_row(**(_GAIN | values))


@cache
def transferred() -> Study:
    """New skills are asked: SFT helps there at 45 k, less than on trained skills, and more at "
    "larger tiers."""
    study = _also(known(), "transfer")
    tables = study.tables
    rows = [
        _claim(claim="transfer", student="s", run="sft", estimate=0.21, ci_low=0.1, ci_high=0.32, mde=0.12),
        _claim(claim="transfer", student="m", run="sft", word="not resolvable at this n", p_holm=0.5),
        _claim(
            claim="retention",
            student="s",
            run="sft",
            estimate=-0.14,
            ci_low=-0.2,
            ci_high=-0.08,
            mde=0.09,
            margin=0.05,
            word="contradicted",
        ),
        _claim(
            claim="transfer_by_tier",
            student="",
            run="sft",
            estimate=0.3,
            ci_low=0.1,
            ci_high=0.5,
            mde=0.28,
            word="supported",
        ),
    ]
    shown = pl.concat(rows)
    elsewhere = shown.with_columns(path=pl.lit("judge:b"), word=pl.lit("undefined"), estimate=pl.lit(-0.77))
    gone = pl.col("claim").is_in(["transfer", "retention", "transfer_by_tier"])
    claims = pl.concat([tables["claims"].filter(~gone), shown, elsewhere])
    return study._replace(tables={**tables, "claims": claims})


@cache
def not_transferred() -> Study:
    """SFT harms on new skills, and keeps there what it adds elsewhere; larger tiers gain less."""
    study, claims = transferred(), transferred().tables["claims"]
    for claim, values in (
        ("transfer", {"estimate": -0.21, "ci_low": -0.32, "ci_high": -0.1, "word": "contradicted"}),
        ("retention", {"estimate": 0.01, "ci_low": -0.02, "ci_high": 0.04, "word": "equivalent"}),
        ("transfer_by_tier", {"estimate": None, "ci_low": None, "ci_high": None, "word": "undefined"}),
    ):
        here = (pl.col("claim") == claim) & (pl.col("path") == "judge:a")
        claims = claims.with_columns(
            pl.when(here).then(pl.lit(value, dtype=claims.schema[name])).otherwise(name).alias(name)
            for name, value in values.items()
        )
    return study._replace(tables={**study.tables, "claims": claims})


@cache
def transferred_at_one_tier() -> Study:
    """No slope over tiers is claimed."""
    claims = transferred().tables["claims"].filter(pl.col("claim") != "transfer_by_tier")
    return transferred()._replace(tables={**transferred().tables, "claims": claims})


@cache
def transfer_untested() -> Study:
    """The suite is asked, and nothing is claimed of it."""
    every = ["transfer", "retention", "transfer_by_tier"]
    claims = transferred().tables["claims"].filter(~pl.col("claim").is_in(every))
    return transferred()._replace(tables={**transferred().tables, "claims": claims})


CASES = [
    Sentence(
        "On the suite dev: How often does each student pass under each condition?",
        "that suite is asked, and another too",
        two_suites,
        (known,),
        "figure condition_ladder",
    ),
    Sentence(
        "And on the other suites? 0 of 3 lifts resolved on dev: 3 undefined.",
        "so many lifts on that suite are known to be above or below zero",
        other_words_there,
        (known, two_suites, nothing_trained, headline_of_dev),
    ),
    Sentence(
        "And on the other suites? On dev there is no lift: no run was trained, or its arms are missing.",
        "there is no lift on that suite",
        nothing_trained,
        (known, two_suites, base_alone),
    ),
    Sentence(
        "lift on dev | Lift on dev at 45 k after SFT by sft, mean of 2 seeds: \u22128.0 pp (95 % interval "
        "\u221220.0 to +4.0 pp; Holm-adjusted p = 0.210; smallest detectable effect 17.0 pp; 37 tasks in 18 "
        "skills, 11 episodes unscored; path judge:a). [not resolvable at this n] lift",
        "on that suite the lift is this",
        two_suites,
        (known, other_words_there, headline_of_dev),
    ),
    Sentence(
        "procedural delta on dev | Procedural delta on dev at 45 k before SFT: ",
        "that suite is asked, and is not the headline's",
        two_suites,
        (known, headline_of_dev),
    ),
    Sentence(
        "**skillift study `made up`**, suites holdout (headline), dev, scoring path judge:a.",
        "these suites are asked, the holdout is the headline's",
        two_suites,
        (known, headline_of_dev),
        "summary",
    ),
    Sentence(
        "Did it transfer? \u201cSFT helps on skills that no demonstration has\u201d: 1 supported, 1 not "
        "resolvable at this n; \u201cit helps there as much as on the skills that were trained\u201d: 1 "
        "contradicted; \u201cit helps there the more the larger a student is (slope on log parameters)\u201d:"
        " 1 supported.",
        "so many claims about transfer have that word on the headline path",
        transferred,
        (known, two_suites, not_transferred),
    ),
    Sentence(
        "Did it transfer?", "new skills are asked and claimed of", transferred, (known, transfer_untested)
    ),
    Sentence(
        "transfer | Gain under curated on new skills, at 45 k after SFT by sft, mean of 2 seeds: "
        "+21.0 pp (95 % "
        "interval +10.0 to +32.0 pp; Holm-adjusted p = 0.004; smallest detectable effect 12.0 pp; "
        f"{_COUNTS}. [supported] transfer",
        "on new skills the gain is this, and is known to be above zero",
        transferred,
        (known, not_transferred),
    ),
    Sentence(
        "retention | Gain under curated on new skills less that on trained ones, at 45 k after SFT "
        "by sft, mean "
        "of 2 seeds: \u221214.0 pp (95 % interval \u221220.0 to \u22128.0 pp; Holm-adjusted p = "
        "0.004; smallest "
        f"detectable effect 9.0 pp; {_COUNTS}. [contradicted] transfer",
        "the gain on new skills is known to be another than that on trained ones, by so much",
        transferred,
        (known, not_transferred),
    ),
    Sentence(
        "transfer by tier | Gain under curated on new skills for ten times as many parameters, by "
        "sft: +30.0 pp "
        "(95 % interval +10.0 to +50.0 pp; Holm-adjusted p = 0.004; smallest detectable effect 28.0 pp; "
        f"{_COUNTS}. [supported] transfer",
        "larger tiers gain more on new skills, by so much",
        transferred,
        (known, not_transferred),
    ),
    Sentence("And on the other suites?", "another suite is asked", two_suites, (known,)),
    Sentence(
        "\u201cit helps there as much as on the skills that were trained\u201d: 1 contradicted.",
        "no slope over tiers is claimed",
        transferred_at_one_tier,
        (transferred, not_transferred),
    ),
    Sentence(
        "transfer,transfer,45 k,judge:a,supported,0.21,0.1,0.32,",
        "that student's gain is this",
        transferred,
        (known, not_transferred),
        "report",
    ),
]
