"""Looks: which results are a new one, at which level, and what the ledger keeps of them and of the design."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from analysis_tables import make_spec
from made_specs import viewed
from score_tables import make_scores, make_tasks, passes

from skillift.errors import UserError
from skillift.ledger.entries import digest, read_ledger
from skillift.ledger.looks import count_look, level, look_level, looks_of, next_level
from skillift.ledger.registration import records_of, register, registration_of
from skillift.provenance import canonical
from skillift.publication.ledger import beginning, events
from skillift.statistics.looked_at import looked_at

SETTINGS = {"confidence": 0.95, "headline_path": "bench", "margins": {"uniform_lift": 0.05}}
DESIGN = {"confidence": 0.95, "headline_path": "bench", "margins.uniform_lift": 0.05, "tasks.holdout": 200}


@pytest.fixture
def ledger(tmp_path) -> Path:
    return tmp_path / "state" / "ledger.jsonl"


def on(day: int) -> datetime:
    return datetime(2026, 12, day, 12, tzinfo=UTC)


def look(ledger, data="verdicts", day=1, **settings):
    return count_look(SETTINGS | settings, data, 200, 40, ledger, on(day))


def test_all_looks_together_have_the_studys_alpha():
    levels = [level(number, 0.05) for number in range(1, 10_001)]
    assert levels[:3] == pytest.approx([0.05 / 2, 0.05 / 6, 0.05 / 12])
    assert sum(levels) < 0.05
    assert sum(levels) == pytest.approx(0.05, rel=1e-3)


def test_the_same_verdicts_under_the_same_settings_are_the_same_look(ledger):
    first = look(ledger)
    written = ledger.read_bytes()
    assert look(ledger, day=2) == first
    assert ledger.read_bytes() == written
    assert (first.look, first.alpha) == (1, 0.025)


@pytest.mark.parametrize(
    "change",
    [
        {"data": "more verdicts"},
        {"margins": {"uniform_lift": 0.1}},
        {"headline_path": "judge:a"},
        {"confidence": 0.99},
    ],
    ids=str,
)
def test_other_verdicts_or_settings_are_a_new_look(ledger, change):
    look(ledger)
    assert look(ledger, **change).look == 2
    assert look(ledger).look == 1  # whose words were found at its own level
    assert next_level(0.95, ledger) == (3, pytest.approx(0.05 / 12))


def test_a_lower_confidence_after_results_makes_no_look_more_generous(ledger):
    register({}, ledger, False, DESIGN | {"confidence": 0.99}, on(1))
    register({}, ledger, False, DESIGN, on(2))  # before results it may be changed
    assert look(ledger).alpha == 0.025
    register({}, ledger, True, DESIGN | {"confidence": 0.8}, on(3))
    assert look(ledger, confidence=0.8).alpha == pytest.approx(0.05 / 6)


@pytest.fixture
def arms():
    return {
        (path, "s", "base", 0, condition): passes(60)
        for path in ("bench", "judge:a")
        for condition in ("none", "curated")
    }


def test_a_look_is_of_the_verdicts_on_the_headline_path(arms):
    scores, tasks = make_scores(arms), make_tasks()
    of_bench = looked_at(scores, tasks, "bench")
    assert (of_bench.n_tasks, of_bench.n_skills) == (200, 40)
    assert looked_at(scores.reverse(), tasks.reverse(), "bench") == of_bench
    elsewhere = scores.with_columns(
        passed=pl.when(pl.col("path") == "judge:a").then(True).otherwise("passed")
    )
    assert looked_at(elsewhere, tasks, "bench") == of_bench
    assert looked_at(elsewhere, tasks, "judge:a") != looked_at(scores, tasks, "judge:a")


def test_one_more_task_another_verdict_or_a_lost_one_are_other_data(arms):
    scores, tasks = make_scores(arms), make_tasks()
    first = pl.int_range(pl.len()) == 0
    others = [
        scores.filter(pl.col("task_id") != scores["task_id"][0]),
        scores.with_columns(passed=pl.when(first).then(~pl.col("passed")).otherwise("passed")),
        scores.with_columns(passed=pl.when(first).then(None).otherwise("passed")),
    ]
    found = {looked_at(each, tasks, "bench").sha256 for each in (scores, *others)}
    assert len(found) == 4


def test_the_suite_for_choosing_settings_may_be_looked_at_freely(arms):
    scores, tasks = make_scores(arms), make_tasks()
    of_dev = {"task_id": "dev" + pl.col("task_id"), "suite": pl.lit("dev")}
    both = pl.concat([tasks, tasks.with_columns(**of_dev)])
    dev = scores.with_columns(**of_dev)
    assert looked_at(pl.concat([scores, dev]), both, "bench") == looked_at(scores, tasks, "bench")
    assert looked_at(dev, both, "bench").n_tasks == 200  # where there is no other, it counts


def test_a_headline_path_without_verdicts_is_named(arms):
    with pytest.raises(UserError, match="rows of the headline path judge:b"):
        looked_at(make_scores(arms), make_tasks(), "judge:b")


def test_changes_of_the_design_are_kept_with_their_time_and_with_what_was_known(ledger):
    register({}, ledger, False, DESIGN, on(1))
    register({}, ledger, False, DESIGN | {"tasks.holdout": 400}, on(2))
    register({}, ledger, True, DESIGN | {"tasks.holdout": 400, "margins.uniform_lift": 0.1}, on(3))
    register({}, ledger, True, DESIGN | {"tasks.holdout": 400, "margins.uniform_lift": 0.1}, on(4))
    told = events(read_ledger(ledger), {}).filter(event="changed")
    assert told.select("time", "key", "before", "after", "results").rows() == [
        ("2026-12-02T12:00:00Z", "tasks.holdout", "200", "400", False),
        ("2026-12-03T12:00:00Z", "margins.uniform_lift", "5.0 pp", "10.0 pp", True),
    ]


def test_a_ledger_that_is_lost_begins_again_and_says_that_earlier_looks_are_unknown(ledger):
    register({}, ledger, False, DESIGN, on(1))
    look(ledger)
    assert (
        beginning(events(read_ledger(ledger), {}))
        == "The ledger began on 2026-12-01, before results existed."
    )
    ledger.unlink()
    register({}, ledger, True, DESIGN, on(5))
    assert look(ledger, day=5).look == 1
    assert beginning(events(read_ledger(ledger), {})) == (
        "The ledger began on 2026-12-05, when results existed already: earlier looks are unknown."
    )


def test_predictions_that_were_registered_before_there_was_a_ledger_stay_registered(ledger):
    told = {"direction": "greater"}
    old = ledger.with_name("predictions.jsonl")
    old.parent.mkdir()
    line = {"predictions": {"a": told}, "previous": "", "results": False, "time": "2026-11-01T00:00:00Z"}
    old.write_text(canonical(line | {"sha256": digest(canonical({"a": told}))}) + "\n")
    register({"a": told}, ledger, True, DESIGN, on(1))
    records = records_of(read_ledger(ledger))
    assert [record.design for record in records] == [None, DESIGN]
    assert registration_of("a", told, records).word == "before results"
    assert not old.exists()
    assert "earlier looks are unknown" in beginning(events(read_ledger(ledger), {}))


def test_a_prediction_stays_registered_while_looks_are_counted(ledger):
    register({"a": {"than": 0.0}}, ledger, False, DESIGN, on(1))
    look(ledger, day=2)
    entries = register({"a": {"than": 0.1}}, ledger, True, DESIGN, on(3))
    assert registration_of("a", {"than": 0.0}, records_of(entries)).word == "before results"
    assert registration_of("a", {"than": 0.1}, records_of(entries)).word == "changed after results"
    (changed,) = events(entries, {}).filter(event="changed").iter_rows(named=True)
    assert (changed["key"], changed["before"], changed["after"]) == ("predictions.a.than", "0 pp", "+10.0 pp")


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: [lines[0], *lines[2:]],  # a look less
        lambda lines: [lines[0], lines[1].replace("uniform_lift", "recipe_tie"), *lines[2:]],
        lambda lines: lines[1:],
    ],
    ids=["a look less", "another margin", "without its beginning"],
)
def test_an_edited_ledger_is_refused(ledger, damage):
    register({}, ledger, False, DESIGN, on(1))
    look(ledger)
    look(ledger, "more verdicts")
    ledger.write_text("".join(f"{line}\n" for line in damage(ledger.read_text().splitlines())))
    with pytest.raises(UserError, match=r"ledger\.jsonl:\d: found 'a line that was changed or lost'.*copy"):
        look(ledger, "further verdicts")


def test_each_line_is_json_for_a_referee(ledger):
    register({}, ledger, False, DESIGN, on(1))
    look(ledger)
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert lines[0]["design"] == DESIGN
    assert (lines[1]["look"], lines[1]["alpha"], lines[1]["settings"]) == (1, 0.025, SETTINGS)


def test_what_is_shown_at_a_look_has_its_confidence_and_keeps_what_was_declared():
    spec = make_spec()
    at, nowhere = viewed(spec | {"look": {"look": 2, "alpha": 0.01}}), viewed(spec)
    assert (at.confidence, at.level, at.declared_level) == (0.99, "99 %", "95 %")
    assert (nowhere.confidence, nowhere.look) == (0.95, None)
    with pytest.raises(UserError, match="--look"):
        look_level({"alpha": 0.01})
    assert len(looks_of([])) == 0
