"""All sentences that the referee knows, for the tests of the findings and of their conditions."""

from __future__ import annotations

from referee import (
    basis,
    controls,
    corrections,
    cost,
    figures,
    form,
    judges,
    ledger_page,
    lifts,
    longer_prompt,
    looks,
    missing,
    paths,
    predictions,
    recipe_pairs,
    report,
    results_table,
    room,
    sameness,
    suites,
    trajectory,
    variants,
)

_QUESTIONS = (
    lifts,
    sameness,
    judges,
    corrections,
    paths,
    missing,
    longer_prompt,
    controls,
    form,
    trajectory,
    suites,
    variants,
    cost,
    predictions,
    recipe_pairs,
    looks,
    ledger_page,
    room,
    basis,
    report,
    results_table,
    figures,
)
SENTENCES = [sentence for each in _QUESTIONS for sentence in each.CASES]
