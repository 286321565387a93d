"""The ledger of a study as a table of events, and its published page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import polars as pl

from skillift.ledger.entries import Entry, Look, Record
from skillift.ledger.looks import looks_of
from skillift.ledger.registration import design_began, design_changes, records_of
from skillift.provenance import canonical
from skillift.publication.table_page import Column, Page
from skillift.reporting.numbers import points
from skillift.reporting.view import View

REGISTERED, CHANGED, LOOK = "registered", "changed", "look"
# What a ledger says, an event a row. `results`: whether answers of the study existed by then. Of a look there
# are its number, its alpha, and the tasks and skills that it is of; of the others a key of what is declared,
# and its value `before` and `after` as text, empty where there is none.
EVENTS = {
    "time": pl.String,
    "event": pl.String,
    "results": pl.Boolean,
    "key": pl.String,
    "before": pl.String,
    "after": pl.String,
    "look": pl.Int64,
    "alpha": pl.Float64,
    "n_tasks": pl.Int64,
    "n_skills": pl.Int64,
}


def events(entries: Iterable[Entry]) -> pl.DataFrame:
    """The events of a ledger, oldest first, with the columns `EVENTS`."""
    entries = list(entries)
    rows = [*_design(entries), *_predictions(entries), *map(_look, looks_of(entries))]
    empty = dict.fromkeys(EVENTS)
    return pl.DataFrame([empty | row for row in rows], schema=EVENTS).sort("time", maintain_order=True)


def _design(entries: list[Entry]) -> Iterator[dict]:
    records = records_of(entries)
    if first := design_began(records):
        for key, value in (first.design or {}).items():
            told = {"key": key, "before": "", "after": in_words(value)}
            yield {"time": first.time, "event": REGISTERED, "results": first.results, **told}
    for change in design_changes(records):
        told = {"key": change.key, "before": in_words(change.before), "after": in_words(change.after)}
        yield {"time": change.time, "event": CHANGED, "results": change.results, **told}


def _predictions(entries: list[Entry]) -> Iterator[dict]:
    """One event for each prediction that is new or gone, and for each key of one that was changed."""
    records = records_of(entries)
    for record in records[:1]:
        for name, entry in sorted(record.predictions.items()):
            yield _of_prediction(record, REGISTERED, name, None, entry)
    for before, after in pairwise(records):
        for name in sorted(before.predictions.keys() | after.predictions.keys()):
            old, new = before.predictions.get(name), after.predictions.get(name)
            if old is None:
                yield _of_prediction(after, REGISTERED, name, old, new)
            elif new is None:
                yield _of_prediction(after, CHANGED, name, old, new)
            else:
                for key in sorted(old.keys() | new.keys()):
                    values = old.get(key), new.get(key)
                    if values[0] != values[1]:
                        yield _of_prediction(after, CHANGED, f"{name}.{key}", *values)


def _of_prediction(record: Record, event: str, name: str, before: object, after: object) -> dict:
    told = {"before": in_words(before), "after": in_words(after)}
    return {
        "time": record.time,
        "event": event,
        "results": record.results,
        "key": f"predictions.{name}",
        **told,
    }


def _look(look: Look) -> dict:
    numbers = {name: getattr(look, name) for name in ("look", "alpha", "n_tasks", "n_skills")}
    return {
        "time": look.time,
        "event": LOOK,
        "results": True,
        "key": "",
        "before": "",
        "after": "",
        **numbers,
    }


def in_words(value: object) -> str:
    """A declared value as text: `0.05`, `none, curated`; of a prediction its words, where it has any."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(in_words, value))
    if isinstance(value, dict):
        if value.keys() == {"student", "delta"}:  # a tier of a trajectory
            return f"{value['student']} {points(value['delta'])}"
        return value.get("text") or canonical(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def ledger(frame: pl.DataFrame, view: View) -> Page:
    """Everything that was declared, changed and looked at, oldest first."""
    is_look = pl.col("event") == LOOK
    existed = pl.when("results").then(pl.lit("after results")).otherwise(pl.lit("before results"))
    rows = frame.with_columns(
        at=pl.col("time").str.replace("T", " ").str.strip_suffix("Z"),
        when=pl.when(is_look).then(pl.lit("")).otherwise(existed),
        what=pl.when(is_look).then(pl.format("look {}", "look")).otherwise("event"),
        alpha=pl.col("alpha").map_elements("{:.3g}".format, return_dtype=pl.String).fill_null(""),
        n_tasks=pl.col("n_tasks").cast(pl.String).fill_null(""),
        n_skills=pl.col("n_skills").cast(pl.String).fill_null(""),
    )
    return Page(
        title="Ledger",
        subtitle="what was declared and when, and how often results were looked at",
        rows=rows,
        columns=[
            Column("at", "at (UTC)", align="left"),
            Column("what", "event", align="left"),
            Column("key", "of what", align="left", share=0.2),
            Column("before", "old value", align="left", share=0.15),
            Column("after", "new value", align="left", share=0.15),
            Column("when", "declared", align="left"),
            Column("alpha", "alpha"),
            Column("n_tasks", "tasks"),
            Column("n_skills", "skills"),
        ],
        notes=[
            "A look is one set of verdicts on the headline path, analysed with one set of margins: the same "
            "verdicts and margins again are the same look. Look j tests at alpha / (j (j + 1)), so that all "
            "looks together have the study's alpha.",
            beginning(frame),
        ],
    )


def beginning(frame: pl.DataFrame) -> str:
    """When the design was first registered, and whether looks before that are unknown."""
    of_design = frame.filter(pl.col("event") == REGISTERED, ~pl.col("key").str.starts_with("predictions."))
    if of_design.is_empty():
        return "No design was registered."
    told = f"The ledger began on {of_design['time'][0][:10]}"
    if of_design["results"][0]:
        return f"{told}, when results existed already: earlier looks are unknown."
    return f"{told}, before results existed."
