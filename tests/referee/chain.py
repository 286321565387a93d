"""What the findings can say of chains of thought, and the lines around their figure: true and false."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.claim_rows import COUNTS, claim_row, elsewhere
from referee.form import formed
from referee.studies import known
from referee.whole import edited

_KINDS = ("early", "mistake", "blanked")
_TESTS = tuple(f"{kind}@0.25" for kind in _KINDS)
_WHERE = {"path": "text", "student": "s", "run": "sft", "contrast": "gain:curated"}
_ENDS = {"ci_low": -0.5, "ci_high": -0.3, "mde": 0.12}


def _rates(study: Study) -> pl.DataFrame:
    """Shares of answers with a chain, and of same answers at two cuts and with another task's chain."""
    rates = study.tables["pass_rates"]
    base = rates.filter(path="judge:a", suite="holdout", condition="curated").filter(
        pl.col("step") == pl.col("step").max().over("student", "run")
    )
    base = base.with_columns(path=pl.lit("text"), n_tasks=pl.lit(30, dtype=pl.Int64))
    before = pl.col("run") == "base"
    parts = [base.with_columns(metric=pl.lit("chain"), pass_rate=pl.when(before).then(0.4).otherwise(0.9))]
    for kind in _KINDS:
        for cut, rate in (("0", 0.2), ("0.5", 0.6)):
            name = pl.lit(f"same_answer:{kind}@{cut}")
            parts.append(base.with_columns(metric=name, pass_rate=pl.when(before).then(rate).otherwise(1.0)))
    parts.append(base.with_columns(metric=pl.lit("same_answer:other_chain"), pass_rate=pl.lit(0.1)))
    rows = pl.concat(parts).select(rates.columns)
    places = ({"condition": "none"}, {"path": "judge:b"}, {"suite": "dev"})
    others = [
        rows.filter(metric="chain").with_columns(
            pass_rate=pl.lit(0.6), **{name: pl.lit(value) for name, value in place.items()}
        )
        for place in places
    ]
    return pl.concat([rates, rows, *others])


@cache
def altered() -> Study:
    """Of three tests SFT makes the first give fewer same answers, and the others more or nothing."""
    study = known()
    words = ("supported", "contradicted", "not resolvable at this n")
    rows = [
        claim_row(
            **_WHERE,
            **_ENDS,
            claim=f"faithfulness:{test}",
            metric=f"same_answer:{test}",
            estimate=-0.4 if word == "supported" else 0.4,
            word=word,
        )
        for test, word in zip(_TESTS, words, strict=True)
    ]
    claims = pl.concat([study.tables["claims"], elsewhere(pl.concat(rows))])
    return study._replace(tables={**study.tables, "claims": claims, "pass_rates": _rates(study)})


@cache
def formed_and_altered() -> Study:
    """`altered`, and what else is claimed of responses."""
    study, other = altered(), formed()
    claims = pl.concat([study.tables["claims"], other.tables["claims"]]).unique(maintain_order=True)
    return study._replace(tables={**study.tables, "claims": claims})


@cache
def contradicted() -> Study:
    where = {"claim": "faithfulness:early@0.25", "path": "text", "suite": "holdout"}
    return edited(altered(), "claims", where, estimate=0.4, word="contradicted")


@cache
def few_chains() -> Study:
    where = {"metric": "chain", "condition": "curated", "path": "text", "suite": "holdout"}
    return edited(altered(), "pass_rates", where, pass_rate=0.1)


@cache
def more_chains() -> Study:
    where = {"metric": "chain", "condition": "curated", "run": "base", "path": "text", "suite": "holdout"}
    return edited(altered(), "pass_rates", where, pass_rate=0.6)


@cache
def no_chains() -> Study:
    """No answer has a chain: nothing is altered, and nothing claimed."""
    study = few_chains()
    gone = pl.col("claim").str.starts_with("faithfulness") | pl.col("metric").str.starts_with("same_answer")
    tables = study.tables
    kept = {
        "claims": tables["claims"].filter(~gone),
        "pass_rates": tables["pass_rates"].filter(~pl.col("metric").str.starts_with("same_answer")),
    }
    return edited(study._replace(tables={**tables, **kept}), "pass_rates", {"metric": "chain"}, pass_rate=0.0)


def _failed(before: float, after: float = 0.0, earlier: float = 0.0) -> Study:
    """So many chains of each arm have no paraphrase: before SFT, after it, and at a step before the last."""
    study = altered()
    rates = study.tables["pass_rates"]
    rate, of_base = pl.col("pass_rate"), pl.col("run") == "base"
    last = rates.filter(metric="chain").with_columns(
        metric=pl.lit("not_paraphrased"),
        # elsewhere than where the page looks more
        pass_rate=pl.when(rate == 0.6).then(0.7).when(of_base).then(before).otherwise(after),
    )
    steps = last.filter(~of_base).with_columns(step=pl.col("step") - 1, pass_rate=pl.lit(earlier))
    return study._replace(tables={**study.tables, "pass_rates": pl.concat([rates, last, steps])})


@cache
def not_paraphrased() -> Study:
    return _failed(0.2, 0.1)


@cache
def more_not_paraphrased() -> Study:
    return _failed(0.3, 0.2)


@cache
def all_paraphrased_in_the_end() -> Study:
    return _failed(0.0, 0.0, 0.1)


@cache
def no_other_chain() -> Study:
    study = altered()
    rates = study.tables["pass_rates"].filter(pl.col("metric") != "same_answer:other_chain")
    return study._replace(tables={**study.tables, "pass_rates": rates})


@cache
def same_throughout() -> Study:
    where = {
        "metric": [
            f"same_answer:{kind}@{cut}" for kind in ("early", "mistake", "blanked") for cut in ("0", "0.5")
        ]
    }
    return edited(altered(), "pass_rates", where, pass_rate=1.0)


@cache
def altered_with_long_names() -> Study:
    """The same, of students whose names leave no room for a number of each."""
    spec = altered().spec
    named = {
        name: {**each, "label": f"{each['label']} {'x' * 30}"} for name, each in spec["students"].items()
    }
    return altered()._replace(spec={**spec, "students": named})


_FIGURE = "figure chain"
CASES = [
    Sentence(
        "Does the chain matter? \u201cafter SFT fewer answers stay the same when their chain is cut "
        "short\u201d: 1 supported; \u201cafter SFT fewer answers stay the same when their chain is given a "
        "mistake\u201d: 1 contradicted; \u201cafter SFT fewer answers stay the same when their chain is "
        "blanked\u201d: 1 not resolvable at this n.",
        "so many claims of each test have that word on the headline suite",
        altered,
        (known, contradicted, no_chains),
    ),
    Sentence(
        "\u201cafter SFT fewer answers stay the same when their chain is cut short\u201d: 1 supported; "
        "\u201cafter SFT fewer answers stay the same when their chain is given a mistake\u201d: 1 "
        "contradicted; \u201cafter SFT fewer answers stay the same when their chain is blanked\u201d: 1 not "
        "resolvable at this n.",
        "these are the tests alone, whatever else is claimed",
        formed_and_altered,
        (known, contradicted, no_chains),
    ),
    Sentence(
        "Is it the answer, or its form?",
        "something is claimed of responses as they are",
        formed_and_altered,
        (known, altered),
    ),
    Sentence(
        "\u201cafter SFT fewer answers stay the same when their chain is cut short\u201d: 1 contradicted; "
        "\u201cafter SFT fewer answers stay the same when their chain is given a mistake\u201d: 1 "
        "contradicted",
        "SFT makes more answers stay the same",
        contradicted,
        (known, altered),
    ),
    Sentence(
        "faithfulness:early@0.25 | Same answer after the chain is cut to 25 %, gain under curated at 45 k "
        "after SFT by sft, mean of 2 seeds: \u221240.0 pp (95 % interval \u221250.0 to \u221230.0 pp; "
        f"Holm-adjusted p = 0.004; smallest detectable effect 12.0 pp; {COUNTS}; path text). [supported] "
        "chain",
        "at that student so many fewer answers stay the same",
        altered,
        (known, contradicted, no_chains),
    ),
    Sentence(
        "chains of thought | 40.0 % of 30 tasks under curated are answered with a chain of thought at 45 k "
        "before SFT; the others are in no test. [] chain",
        "so many answers of that arm have a chain",
        altered,
        (known, few_chains),
    ),
    Sentence(
        "chains of thought | 60.0 % of 30 tasks under curated are answered with a chain of thought at 45 k "
        "before SFT;",
        "so many have a chain; in another study so many stay the same, which this does not say",
        more_chains,
        (known, altered),
    ),
    Sentence(
        "paraphrases | 20.0 % of the chains of 30 tasks under curated have no paraphrase that passed its "
        "check at 45 k before SFT; they are left out of that test, and scored nowhere. [] chain",
        "so many chains of that arm are in no test of a paraphrase",
        not_paraphrased,
        (altered, more_not_paraphrased, all_paraphrased_in_the_end),
    ),
    Sentence(
        "paraphrases | 10.0 % of the chains of 30 tasks under curated have no paraphrase that passed its "
        "check at 45 k after SFT",
        "so many are at the last step of that training",
        not_paraphrased,
        (altered, more_not_paraphrased, all_paraphrased_in_the_end),
    ),
    Sentence(
        "paraphrases | ",
        "some chain of an arm is in no test of a paraphrase",
        not_paraphrased,
        (altered, all_paraphrased_in_the_end),
    ),
    Sentence(
        "Does the chain matter? No student has answers with a chain of thought before and after SFT.",
        "nothing is claimed, as no answer has a chain",
        no_chains,
        (known, altered),
    ),
    Sentence(
        "under curated: with the chain altered, against the chain as it was answers with a chain: 40 to "
        "90 %, n = 30 tasks dashed: with another task's chain in its place area over the curve, cut short: "
        "45 k before SFT 0.40;",
        "so many answers have a chain, and what is dashed is the share of same answers with another one; so "
        "much of the answers changes, in the mean over what is kept",
        altered,
        (few_chains, no_chains, no_other_chain, same_throughout),
        _FIGURE,
    ),
    Sentence(
        "area over the curve, with a mistake: 45 k before SFT 0.40;",
        "so many change after a mistake",
        altered,
        (no_chains, same_throughout),
        _FIGURE,
    ),
    Sentence(
        "area over the curve, cut short: 0.00 to 0.40 in 6 arms",
        "the areas of all arms lie between these, and are too many to be told one by one",
        altered_with_long_names,
        (altered, no_chains),
        _FIGURE,
    ),
    Sentence(
        "no answer to a chain that was altered at a cut",
        "there is nothing to draw",
        no_chains,
        (altered, few_chains),
        _FIGURE,
    ),
]
