"""The published page of batch sensitivity: whether answers hang on what else is answered beside them."""

from __future__ import annotations

import polars as pl

from skillift.episodes.batch_sensitivity import N_TOKENS
from skillift.publication.pages import ARM, NOT_ASKED, shown
from skillift.publication.table_page import Column, Page
from skillift.reporting.view import View


def batch_sensitivity(frame: pl.DataFrame, view: View) -> Page:
    """One row for each checkpoint of each run, the smallest student first.

    Raises:
        UserError: the table has no rows, or a student or run is unknown to the spec.
    """
    rows = shown(frame, view, "batch sensitivity").sort(
        "position", view.run_place(), "step", maintain_order=True
    )
    same = pl.format("{} of {}", "n_same", "n_prompts")
    place = (pl.col("first_difference") + 1).cast(pl.String).fill_null(NOT_ASKED)
    largest = pl.col("largest_difference").map_elements(lambda value: f"{value:.2g}", return_dtype=pl.String)
    return Page(
        title="The same prompts in another batch",
        subtitle="a sample of each run's prompts, asked again without the others",
        rows=rows.with_columns(same=same, place=place, largest=largest),
        columns=[
            *ARM,
            Column("step", "step"),
            Column("same", "same answers"),
            Column("place", "first token that differs"),
            Column("n_tokens", "tokens scored"),
            Column("largest", "largest difference, nats"),
        ],
        notes=[
            f"Compared: the first {N_TOKENS} tokens of each answer. Scored: the log-probability of each of "
            "them, all answers in one call and one by one. "
            "Kernels that add in another order for another batch change the last bits; greedy decoding then "
            "turns near-ties over. inference.batch_invariant: true leaves no difference."
        ],
    )
