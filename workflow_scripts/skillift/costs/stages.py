"""What each stage of a study took, from Snakemake's benchmark files and the tables of paid calls.

A stage is a rule. Its seconds are the wall-clock times of its jobs added up, each as last run: jobs run side
by side, so the study itself took less. A job that continued an interrupted one, or found its answers kept,
counts with what it took then. US dollars are those that demonstrations, verdicts and certifications record;
reference models record none, and what failed calls cost stands in the ledger alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from skillift.contracts.parts import column, count, table, text
from skillift.contracts.pipeline import CERTIFICATION, DEMONSTRATIONS, VERDICTS
from skillift.errors import UserError, problem
from skillift.tables import read_table

# `usd` is null for a stage that records no costs; other nulls: the job was too short to be measured
STAGE_COSTS = table(
    "costs",
    ("stage",),
    {
        "stage": text(filled=True),
        "n_jobs": count(),
        "seconds": column(pl.Float64, ge=0.0, nullable=True),
        "longest_seconds": column(pl.Float64, ge=0.0, nullable=True),
        "cpu_seconds": column(pl.Float64, ge=0.0, nullable=True),
        "max_memory_mib": column(pl.Float64, ge=0.0, nullable=True),
        "usd": column(pl.Float64, ge=0.0, nullable=True),
    },
)

PAID = {"collect_demonstrations": DEMONSTRATIONS, "judge": VERDICTS, "certify_judge": CERTIFICATION}
_MEASURED = {"s": "seconds", "cpu_time": "cpu_seconds", "max_rss": "max_memory_mib"}


def read_benchmarks(paths: Iterable[Path], folder: Path) -> pl.DataFrame:
    """One row a job: stage, seconds, cpu_seconds, max_memory_mib (null where not measured).

    Args:
        paths: benchmark files of Snakemake, tab-separated.
        folder: where they all lie; the first part of a path below it, without its ending, is the stage.

    Raises:
        UserError: a file is missing, lies elsewhere or has other columns.
    """
    frames = []
    for path in paths:
        try:
            stage = path.relative_to(folder).parts[0].removesuffix(".tsv")
            rows = pl.read_csv(path, separator="\t", infer_schema=False)
            measured = [
                pl.col(name).cast(pl.Float64, strict=False).alias(new) for name, new in _MEASURED.items()
            ]
            frames.append(rows.select(pl.lit(stage).alias("stage"), *measured))
        except (OSError, ValueError, pl.exceptions.PolarsError) as error:
            expected = f"a benchmark file of Snakemake below {folder}"
            raise UserError(problem(str(path), str(error).splitlines()[0], expected)) from error
    return pl.concat(frames)


def read_paid(files: Iterable[tuple[str, Path]]) -> pl.DataFrame:
    """stage and cost_usd of every recorded call.

    Args:
        files: stages of `PAID`, each with one of its tables.

    Raises:
        UserError: a stage records no costs, or a table does not keep its contract.
    """
    frames = [pl.DataFrame(schema={"stage": pl.String, "cost_usd": pl.Float64})]
    for stage, path in files:
        if stage not in PAID:
            raise UserError(problem("--paid", stage, f"one of {', '.join(sorted(PAID))}"))
        frames.append(read_table(path, PAID[stage]).select(pl.lit(stage).alias("stage"), "cost_usd"))
    return pl.concat(frames)


def stage_costs(jobs: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """The table STAGE_COSTS, from the frames of `read_benchmarks` and `read_paid`."""
    known = {name: pl.col(name).count() > 0 for name in _MEASURED.values()}

    def total(name: str) -> pl.Expr:
        return pl.when(known[name]).then(pl.col(name).sum())

    summed = jobs.group_by("stage").agg(
        n_jobs=pl.len().cast(pl.Int64),
        seconds=total("seconds"),
        longest_seconds=pl.col("seconds").max(),
        cpu_seconds=total("cpu_seconds"),
        max_memory_mib=pl.col("max_memory_mib").max(),
    )
    spent = paid.group_by("stage").agg(usd=pl.col("cost_usd").sum())
    return summed.join(spent, on="stage", how="left").sort("stage").select(list(STAGE_COSTS.columns))
