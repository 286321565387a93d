"""The ledger of a study as a table of events, and its published page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

import polars as pl

from skillift.ledger.entries import Entry, Look, Record
from skillift.ledger.looks import looks_of
from skillift.ledger.registration import design_began, design_changes, records_of
from skillift.publication.declared_words import (
    PREDICTIONS,
    field_in_words,
    key_in_words,
    prediction_in_words,
    value_in_words,
)
from skillift.publication.table_page import Column, Page
from skillift.reporting.view import View

REGISTERED, CHANGED, LOOK = "registered", "changed", "look"
# What a ledger says, an event a row. `results`: whether answers of the study existed by then. Of a look there
# are its number, its alpha, and the tasks and skills that it is of; of the others a key of what is declared,
# and its value `before` and `after` in words, empty where there is none.
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


def events(entries: Iterable[Entry], labels: Mapping[str, str]) -> pl.DataFrame:
    """The events of a ledger, oldest first, with the columns `EVENTS`.

    Args:
        entries: its lines.
        labels: of students by id; one without stands for itself.
    """
    entries = list(entries)
    rows = [*_design(entries, labels), *_predictions(entries, labels), *map(_look, looks_of(entries))]
    empty = dict.fromkeys(EVENTS)
    return pl.DataFrame([empty | row for row in rows], schema=EVENTS).sort("time", maintain_order=True)


def _design(entries: list[Entry], labels: Mapping[str, str]) -> Iterator[dict]:
    records = records_of(entries)
    if first := design_began(records):
        for key, value in (first.design or {}).items():
            told = {"key": key, "before": "", "after": value_in_words(key, value, labels)}
            yield {"time": first.time, "event": REGISTERED, "results": first.results, **told}
    for change in design_changes(records):
        before, after = (value_in_words(change.key, value, labels) for value in (change.before, change.after))
        told = {"key": change.key, "before": before, "after": after}
        yield {"time": change.time, "event": CHANGED, "results": change.results, **told}


def _predictions(entries: list[Entry], labels: Mapping[str, str]) -> Iterator[dict]:
    """One event for each prediction that is new or gone, and for each key of one that was changed."""
    records = records_of(entries)
    for record in records[:1]:
        for name, entry in sorted(record.predictions.items()):
            yield _of_prediction(record, REGISTERED, name, "", prediction_in_words(entry, labels))
    for before, after in pairwise(records):
        for name in sorted(before.predictions.keys() | after.predictions.keys()):
            old, new = before.predictions.get(name), after.predictions.get(name)
            if old is None or new is None:
                event = REGISTERED if old is None else CHANGED
                texts = (prediction_in_words(entry, labels) if entry else "" for entry in (old, new))
                yield _of_prediction(after, event, name, *texts)
            else:
                for key in sorted(old.keys() | new.keys()):
                    if old.get(key) != new.get(key):
                        values = (field_in_words(key, entry, labels) for entry in (old, new))
                        yield _of_prediction(after, CHANGED, f"{name}.{key}", *values)


def _of_prediction(record: Record, event: str, name: str, before: str, after: str) -> dict:
    return {
        "time": record.time,
        "event": event,
        "results": record.results,
        "key": f"{PREDICTIONS}{name}",
        "before": before,
        "after": after,
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


def ledger(frame: pl.DataFrame, view: View) -> Page:
    """Everything that was declared, changed and looked at, oldest first."""
    is_look = pl.col("event") == LOOK
    existed = pl.when("results").then(pl.lit("after results")).otherwise(pl.lit("before results"))
    rows = frame.with_columns(
        about=pl.col("key").map_elements(
            lambda key: key_in_words(key, view.label_by_student), return_dtype=pl.String
        ),
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
            Column("about", "of what", align="left", share=0.2),
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
    of_design = frame.filter(pl.col("event") == REGISTERED, ~pl.col("key").str.starts_with(PREDICTIONS))
    if of_design.is_empty():
        return "No design was registered."
    told = f"The ledger began on {of_design['time'][0][:10]}"
    if of_design["results"][0]:
        return f"{told}, when results existed already: earlier looks are unknown."
    return f"{told}, before results existed."
