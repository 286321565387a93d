"""Protocols: the ways in which a study asks its tasks, apart in every table and in every number.

A study that declares none asks in one way, and its tables have no column for it. One that declares some has
the column `protocol` from episodes to claims; numbers of the headline are those of `main` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from skillift.errors import ProtocolMismatchError, problem

if TYPE_CHECKING:  # loading a study, which knows `main`, reads no table
    import polars as pl

MAIN = "main"
PROTOCOL = "protocol"  # the column


def protocols_in(frame: pl.DataFrame) -> list[str | None]:
    """The protocols of a table's rows, `main` first; of one without the column None alone."""
    if PROTOCOL not in frame.columns:
        return [None]
    return sorted(frame[PROTOCOL].unique(), key=lambda name: (name != MAIN, name))


def of_protocol(frame: pl.DataFrame, protocol: str | None = MAIN) -> pl.DataFrame:
    """The rows of one protocol, without its column; a table that has no protocols as it is."""
    if PROTOCOL not in frame.columns:
        return frame

    import polars as pl

    return frame.filter(pl.col(PROTOCOL) == protocol).drop(PROTOCOL)


def with_protocol(frame: pl.DataFrame, protocol: str) -> pl.DataFrame:
    """A table of one protocol, with its column."""
    import polars as pl

    return frame.with_columns(pl.lit(protocol).alias(PROTOCOL))


def keyed(frame: pl.DataFrame, key: Sequence[str]) -> list[str]:
    """The columns that identify a row of a table: `key`, after the protocol where it has any."""
    return [PROTOCOL, *key] if PROTOCOL in frame.columns else [*key]


def one_protocol(*frames: pl.DataFrame) -> None:
    """Refuse frames whose rows are not all of one and the same protocol.

    Raises:
        ProtocolMismatchError: two protocols among them, or one beside a frame that does not tell its own.
    """
    found = {protocol for frame in frames for protocol in protocols_in(frame)}
    if len(found) > 1:
        raise ProtocolMismatchError(
            problem(
                "numbers of several samples, column protocol",
                sorted(map(str, found)),
                "one protocol",
                "Take all rows from the same protocol: two are never pooled and never subtracted.",
            )
        )
