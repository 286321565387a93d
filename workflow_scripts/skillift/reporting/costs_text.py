"""The costs of stages for readers: their order, times, memory and US dollars as text."""

from __future__ import annotations

import polars as pl

from skillift.stages import counted

UNKNOWN = "?"


def in_order(costs: pl.DataFrame) -> pl.DataFrame:
    """Rows of STAGE_COSTS in the order of the registry; rules without a line stand at the end."""
    order = {stage: place for place, stage in enumerate(counted())}
    place = pl.col("stage").replace_strict(order, default=len(order), return_dtype=pl.Int64)
    return costs.sort(place, "stage")


def time(column: str) -> pl.Expr:
    """Seconds as 5.2 s, 3.4 min or 2.1 h."""

    def text(seconds: float) -> str:
        for unit, length in (("h", 3600), ("min", 60)):
            if seconds >= 2 * length:
                return f"{seconds / length:.1f} {unit}"
        return f"{seconds:.1f} s"

    return pl.col(column).map_elements(text, return_dtype=pl.String).fill_null(UNKNOWN)


def memory(column: str) -> pl.Expr:
    """MiB as 310 MiB or 2.4 GiB."""

    def text(mib: float) -> str:
        return f"{mib / 1024:.1f} GiB" if mib >= 1024 else f"{mib:.0f} MiB"

    return pl.col(column).map_elements(text, return_dtype=pl.String).fill_null(UNKNOWN)


def spent(column: str) -> pl.Expr:
    """US dollars to the cent; a dash for a stage that records none."""
    return pl.col(column).map_elements("{:.2f} USD".format, return_dtype=pl.String).fill_null("–")
