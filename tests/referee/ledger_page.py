"""What the page of the ledger can say: rows that are there once, and not where it happened otherwise."""

from __future__ import annotations

from referee import Sentence
from referee.looks import (
    a_recipe_less,
    changed_early,
    first_look,
    more_samples,
    other_trajectory,
    registered_late,
    reworded,
    second_look,
    unregistered_design,
    withdrawn,
)
from referee.studies import known

CASES = [
    Sentence(
        "2026-11-01 10:00:00 | registered | headline path |  | judge:a | before results |  |  | ",
        "that was declared then, before results existed",
        first_look,
        (known, second_look, unregistered_design),
        "ledger",
    ),
    Sentence(
        "| registered | headline path |  | judge:a | after results |",
        "that was declared when results existed",
        registered_late,
        (known, first_look),
        "ledger",
    ),
    Sentence(
        "2026-11-03 10:00:00 | changed | margin recipe_tie | 2.0 pp | 10.0 pp | after results |",
        "that was changed then",
        second_look,
        (known, first_look, more_samples),
        "ledger",
    ),
    Sentence(
        "| changed | headline path |",
        "the headline path was changed",
        changed_early,
        (second_look, more_samples),
        "ledger",
    ),
    Sentence(
        "| changed | trajectory | 45 k \u22127.5 pp | 45 k +7.5 pp | after results |",
        "that was changed then",
        other_trajectory,
        (known, second_look),
        "ledger",
    ),
    Sentence(
        "| changed | seeds of dpo at 45 k | 0 |  | after results |",
        "a recipe is gone",
        a_recipe_less,
        (known, second_look),
        "ledger",
    ),
    Sentence(
        "| registered | prediction adds |  | Training adds. | before results |",
        "that was predicted before results existed",
        changed_early,
        (first_look, second_look),
        "ledger",
    ),
    Sentence(
        "| changed | prediction adds: than | 0 pp | +10.0 pp | after results |",
        "a prediction was changed when results existed",
        changed_early,
        (first_look, more_samples),
        "ledger",
    ),
    Sentence(
        "| changed | prediction adds: text |",
        "the words of a prediction were changed",
        reworded,
        (changed_early, second_look, first_look),
        "ledger",
    ),
    Sentence(
        "| changed | prediction adds |",
        "a prediction is gone",
        withdrawn,
        (changed_early, second_look, first_look, reworded),
        "ledger",
    ),
    Sentence(
        "| changed | prediction gone | than 0 |  | after results |",
        "a prediction without words is gone",
        changed_early,
        (first_look, second_look),
        "ledger",
    ),
    Sentence(
        "| registered | prediction new |  | Training adds. | after results |",
        "a prediction was added when results existed",
        changed_early,
        (first_look, second_look),
        "ledger",
    ),
    Sentence(
        "2026-11-02 10:00:00 | look 2 |  |  |  |  | 0.00833 | 36 | 12",
        "results were looked at for the second time then",
        second_look,
        (known, first_look),
        "ledger",
    ),
    Sentence(
        "The ledger began on 2026-11-01, when results existed already: earlier looks are unknown.",
        "results existed before the design was registered",
        registered_late,
        (first_look, unregistered_design),
        "ledger",
    ),
]
