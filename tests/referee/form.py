"""What the findings can say of form and of length: once true, once false."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.claim_rows import COUNTS, claim_row, elsewhere, made_table
from referee.studies import known, on_bench
from referee.whole import edited
from skillift.contracts.analysis import FORMAT_CELLS


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


@cache
def formed() -> Study:
    """Form is learned before the answer at 45 k and not resolved at 115 k; responses grow longer.

    What is claimed of pairs of recipes stands elsewhere.
    """
    study = known()
    lead = {"claim": "format_before_correctness", "metric": "format_lead", "contrast": "gain:none"}
    longer = {"claim": "longer_answers", "metric": "length", "contrast": "gain:none", "path": "text"}
    of_pair = {"claim": "preference_in_form", "metric": "format", "contrast": "lift:curated-none"}
    rows = [
        claim_row(**of_pair, student="s", run="sft", word="contradicted").with_columns(against=pl.lit("dpo")),
        claim_row(**lead, student="s", run="sft", estimate=0.25, ci_low=0.1, ci_high=0.4, mde=0.12),
        claim_row(**lead, student="m", run="sft", word="not resolvable at this n", p_holm=0.5),
        claim_row(**longer, student="s", run="sft", estimate=6.24, ci_low=5.0, ci_high=7.46, mde=0.9),
    ]
    cells = made_table(
        [
            _cells(),
            _cells(run="sft-s1", gain=None),
            _cells(suite="dev", gain=0.9),
            _cells(condition="curated", gain=0.8),
            _cells(path="judge:a", gain=0.7),
        ],
        FORMAT_CELLS,
    )
    claims = pl.concat([study.tables["claims"], elsewhere(pl.concat(rows))])
    return study._replace(tables={**study.tables, "claims": claims, "format_cells": cells})


@cache
def formed_and_not_divided() -> Study:
    """Another suite's gains are divided, and those of the suite shown are not."""
    study = formed()
    elsewhere_alone = study.tables["format_cells"].filter(pl.col("suite") != "holdout")
    return study._replace(tables={**study.tables, "format_cells": elsewhere_alone})


@cache
def learned_together() -> Study:
    """The gain in form is that in passes."""
    where = {"claim": "format_before_correctness", "student": "s"}
    study = edited(formed(), "claims", where, estimate=0.0, word="not resolvable at this n", p_holm=0.9)
    return edited(study, "claims", {"claim": "longer_answers"}, estimate=-6.24, word="contradicted")


def _corrected(word: str) -> Study:
    """`formed`, and a claim on responses that correct themselves."""
    row = claim_row(
        claim="more_backtracking",
        metric="backtracking",
        contrast="gain:none",
        path="text",
        student="s",
        run="sft",
        word=word,
    )
    study = formed()
    return study._replace(tables={**study.tables, "claims": pl.concat([study.tables["claims"], row])})


@cache
def nothing_is_corrected() -> Study:
    return _corrected("undefined")


@cache
def more_is_corrected() -> Study:
    return _corrected("supported")


def _capped(word: str, estimate: float) -> Study:
    """`formed`, and a claim that every tier meets as many constraints, and fewer than a limit."""
    row = claim_row(
        claim="constraint_ceiling",
        metric="constraints",
        contrast="curated",
        path="text",
        student="",
        run="sft",
        word=word,
        estimate=estimate,
        ci_low=0.1,
        ci_high=0.2,
        mde=0.07,
    )
    study = formed()
    return study._replace(tables={**study.tables, "claims": pl.concat([study.tables["claims"], row])})


@cache
def a_ceiling() -> Study:
    return _capped("supported", 0.15)


@cache
def no_ceiling() -> Study:
    return _capped("contradicted", -0.15)


@cache
def better_lines_alone() -> Study:
    values = {"more_lines": 0.0, "better_lines": 0.2, "more_lines_low": None, "more_lines_high": None}
    return edited(formed(), "format_cells", {"path": "bench", "run": "sft-s0"}, **values)


def _gained(gain: float) -> Study:
    return edited(formed(), "format_cells", {"path": "bench", "run": "sft-s0"}, gain=gain)


@cache
def gained_as_on_another_path() -> Study:
    return _gained(0.7)


@cache
def gained_as_under_curated() -> Study:
    return _gained(0.8)


@cache
def gained_as_on_dev() -> Study:
    return _gained(0.9)


CASES = [
    Sentence(
        "Is it the answer, or its form? \u201cSFT adds more form than right answers (gain in form above "
        "that in passes, under none)\u201d: 1 supported, 1 not resolvable at this n; \u201cSFT makes "
        "responses longer (tokens, without the procedure)\u201d: 1 supported.",
        "so many claims about further metrics have that word on the headline path and the path text",
        formed,
        (known, learned_together),
    ),
    Sentence(
        "format before correctness | In form less right, gain under none, at 45 k after SFT by sft, mean "
        "of 2 "
        "seeds: +25.0 pp (95 % interval +10.0 to +40.0 pp; Holm-adjusted p = 0.004; smallest detectable "
        "effect "
        f"12.0 pp; {COUNTS}; path judge:a). [supported] metrics",
        "the gain in form is that much above the gain in passes, sample by sample on that path",
        formed,
        (known, learned_together, on_bench),
    ),
    Sentence(
        "longer answers | Length of the response, gain under none, at 45 k after SFT by sft, mean of 2 "
        "seeds: "
        "+6.2 tokens (95 % interval +5.0 to +7.5 tokens; Holm-adjusted p = 0.004; smallest detectable "
        "effect "
        f"0.9 tokens; {COUNTS}; path text). [supported] metrics",
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
    *(
        Sentence(
            f"Of the gain of +{points}.0 pp under none",
            "that is the gain on bench, under none, of the suite shown",
            gained,
            (formed,),
        )
        for points, gained in (
            (70, gained_as_on_another_path),
            (80, gained_as_under_curated),
            (90, gained_as_on_dev),
        )
    ),
    Sentence(
        "+0.0 pp (interval undefined) by more ANSWER lines, +20.0 pp",
        "no more lines are there, and all that is gained is gained by better ones",
        better_lines_alone,
        (formed,),
    ),
    Sentence("by more ANSWER lines", "a gain on bench is divided", formed, (known, formed_and_not_divided)),
    Sentence(
        "1 supported; \u201cafter SFT more responses correct themselves (without the procedure)\u201d: 1 "
        "undefined.",
        "no response corrects itself, before SFT or after it",
        nothing_is_corrected,
        (formed, more_is_corrected),
    ),
    Sentence(
        "Is it the answer, or its form? \u201cafter SFT every tier meets the same share of constraints, "
        "and less than the declared limit\u201d: 1 supported",
        "no tier reaches the limit, and all tiers are alike",
        a_ceiling,
        (formed, no_ceiling),
    ),
    Sentence(
        "constraint ceiling | Constraints met, curated, every tier after SFT by sft: +15.0 pp (95 % interval "
        "+10.0 to +20.0 pp; Holm-adjusted p = 0.004; smallest detectable effect 7.0 pp; "
        f"{COUNTS}; path text). [supported] metrics",
        "the part of the claim that decides is so far on the side that is claimed",
        a_ceiling,
        (formed, no_ceiling),
    ),
    Sentence(
        "Is it the answer, or its form? \u201cafter SFT more responses correct themselves (without the "
        "procedure)\u201d: 1 supported; ",
        "more responses correct themselves",
        more_is_corrected,
        (formed, nothing_is_corrected),
    ),
]
