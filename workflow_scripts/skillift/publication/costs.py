"""The published page of the costs: what each stage took."""

from __future__ import annotations

import polars as pl

from skillift.errors import UserError, problem
from skillift.publication.table_page import Column, Page
from skillift.reporting.costs_text import in_order, memory, spent, time
from skillift.reporting.view import View


def stage_costs(frame: pl.DataFrame, view: View) -> Page:
    """One row for each stage, in the order of the workflow.

    Raises:
        UserError: the table has no rows.
    """
    if frame.is_empty():
        raise UserError(problem("costs table", "no rows", "at least one stage"))
    rows = in_order(frame).with_columns(
        name=pl.col("stage").str.replace_all("_", " "),
        seconds=time("seconds"),
        longest=time("longest_seconds"),
        cpu=time("cpu_seconds"),
        memory=memory("max_memory_mib"),
        usd=spent("usd"),
    )
    return Page(
        title="Time, memory and money by stage",
        subtitle="each job as last run, on the machine of this study",
        rows=rows,
        columns=[
            Column("name", "stage", align="left"),
            Column("n_jobs", "jobs"),
            Column("seconds", "time of all jobs"),
            Column("longest", "longest job"),
            Column("cpu", "processor time"),
            Column("memory", "most memory"),
            Column("usd", "spent"),
        ],
        notes=[
            "Jobs run side by side, so a study takes less than the sum. USD: recorded with demonstrations, "
            "verdicts and certifications; a dash where a stage records none. A question mark: the jobs were "
            "too short to be measured."
        ],
    )
