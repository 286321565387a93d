"""What each stage of a study took, from Snakemake's benchmark files and the tables of paid calls.

A stage is a rule. Its seconds are the wall-clock times of its jobs added up, each as last run: jobs run side
by side, so the study itself took less. A job that continued an interrupted one, or found its answers kept,
counts with what it took then. US dollars are those that demonstrations, paraphrases, verdicts and
certifications record; reference models record none, and what failed calls cost stands in the ledger alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from skillift.contracts.columns import column, count, table, text
from skillift.contracts.interventions import PARAPHRASES
from skillift.contracts.pipeline import CERTIFICATION, DEMONSTRATIONS, VERDICTS
from skillift.errors import UserError, problem
from skillift.path_patterns import PathPattern
from skillift.tables import read_tables

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

# what models were asked for (`skillift.stages.Rule.asks`): contracts of the tables that record what it cost
PAID = {
    "demonstrations": DEMONSTRATIONS,
    "paraphrases": PARAPHRASES,
    "verdicts": VERDICTS,
    "certification": CERTIFICATION,
}
_MEASURED = {"s": "seconds", "cpu_time": "cpu_seconds", "max_rss": "max_memory_mib"}


def read_benchmarks(pattern: PathPattern, jobs: Iterable[str]) -> pl.DataFrame:
    """One row a job: stage, seconds, cpu_seconds, max_memory_mib (null where not measured).

    Args:
        pattern: where the benchmark files of Snakemake stand, by {job}; tab-separated.
        jobs: names of the jobs, such as `judge/tail/s/base`; up to the first slash it is the stage.

    Raises:
        UserError: a file is missing or has other columns.
    """
    frames = []
    for job in jobs:
        path = pattern.path({"job": job})
        try:
            rows = pl.read_csv(path, separator="\t", infer_schema=False)
            measured = [
                pl.col(name).cast(pl.Float64, strict=False).alias(new) for name, new in _MEASURED.items()
            ]
            frames.append(rows.select(pl.lit(stage_of(job)).alias("stage"), *measured))
        except (OSError, pl.exceptions.PolarsError) as error:
            expected = "a benchmark file of Snakemake"
            raise UserError(problem(path, str(error).splitlines()[0], expected)) from error
    return pl.concat(frames)


def stage_of(job: str) -> str:
    """`judge` for `judge/tail/s/base`."""
    return job.split("/", 1)[0]


def read_paid(
    patterns: Mapping[str, PathPattern | None], jobs: Iterable[str], paid: Mapping[str, str]
) -> pl.DataFrame:
    """Stage and cost_usd of every recorded call.

    Args:
        patterns: by what models were asked for (the keys of `PAID`), where the tables stand by what the {job}
            is about: its name without the stage.
        jobs: names of all jobs, as in `read_benchmarks`.
        paid: stages that asked models behind an API, and for what.

    Raises:
        UserError: the option for the tables of such a stage is missing, or a table is missing or does not
            keep its contract.
    """
    frames = [pl.DataFrame(schema={"stage": pl.String, "cost_usd": pl.Float64})]
    for stage, kind in paid.items():
        if (pattern := patterns.get(kind)) is None:
            raise UserError(problem(f"--{kind}", "no option", f"where the tables of the stage {stage} stand"))
        subjects = [{"job": job.partition("/")[2]} for job in jobs if stage_of(job) == stage]
        for calls in read_tables([pattern.path(subject) for subject in subjects], PAID[kind]):
            frames.append(calls.select(pl.lit(stage).alias("stage"), "cost_usd"))
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
