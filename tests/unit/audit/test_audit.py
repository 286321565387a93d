"""What an audit says of a plan: groups with their reasons, words, and the drawing."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from made_plan import HOSTILE, made_audit, made_plan
from rich.console import Console

from skillift.audit.audit import Audit
from skillift.audit.audit_page import audit_page
from skillift.audit.audit_text import headline, lines_by_stage, notes, rows
from skillift.audit.graph import MOST_JOBS, drawing
from skillift.audit.plan import AGAIN, NEW, Job, Plan


def test_jobs_of_a_rule_stand_together_by_their_reasons():
    groups = {group.rule: group for group in made_audit().groups}
    assert groups["train"].reasons == ("recipe `sft`: epochs: 4 -> 8",)
    assert groups["pretrain"].why == "new"
    assert groups["judge"].why == "changed: prompts/judge.jinja"
    assert groups["score"].reasons == () and groups["score"].why == "follows train, judge"
    assert "build_tasks" not in groups


def test_counts_and_unknown_times_are_said():
    audit = made_audit()
    assert audit.counts == {"planned": 4, "new": 1, "reused": 2}
    assert headline(audit) == "Study smoke: 4 jobs would run, 1 of them for the first time; 2 reused."
    costs = audit.costs
    assert (costs.job_minutes, costs.unknown_jobs, costs.device_hours) == (1.0, 3, None)
    said = notes(audit)
    assert any("without 3 jobs of unknown duration" in line for line in said)
    assert any("torch 2.13.0 -> 2.14.0" in line and "2 jobs" in line for line in said)
    assert any("no record of 1 files" in line for line in said)


def test_a_study_of_which_nothing_has_run_has_no_time():
    plan = Plan((Job("pretrain", {"student": "m"}, "students", NEW),))
    audit = Audit(plan, made_audit().study, 2, Path("no answers"), {}, {})
    assert notes(audit)[0] == "Time: unknown, as no such job of this study has run yet."


def test_nothing_to_do_is_said_as_such():
    audit = made_audit()
    audit.plan = Plan(audit.plan.jobs[:2])
    assert headline(audit) == "Study smoke: nothing would run; 2 jobs reused."


def test_many_figures_that_follow_stand_in_one_line():
    lines = {group.rule: group for groups in lines_by_stage(made_audit(more=9)) for group in groups}
    assert len(lines["make_figure_*"].jobs) == 9
    console = Console(file=StringIO(), width=100)
    console.print(rows(made_audit(more=9)))
    assert "make_figure_*" in console.file.getvalue()


def test_a_drawing_sets_each_box_below_what_it_needs():
    found = drawing(made_plan())
    places = {node.name: node for node in found.nodes}
    assert len(places) == 6
    for start, end, _ in found.lines:
        assert places[start].y < places[end].y
    assert ("build_tasks", "score") not in {(start, end) for start, end, _ in found.lines}  # by way of others
    assert all(0 <= node.x <= found.width - found.node_width for node in found.nodes)


def test_many_jobs_are_drawn_as_rules_with_their_share_that_would_run():
    found = {node.name: node for node in drawing(made_plan(more=MOST_JOBS)).nodes}
    assert found["pretrain"].label == "pretrain 1/2"
    widths = [width for _, _, width in found["pretrain"].parts]
    assert len(widths) == 2 and sum(widths) == pytest.approx(186)
    assert found["make_figure_*"].told == f"make_figure_*: {MOST_JOBS} made again"


def test_a_plan_of_one_job_and_one_of_none_can_be_drawn():
    assert len(drawing(Plan((Job("all", {}, "x", AGAIN, runs=False),))).nodes) == 0
    assert len(drawing(Plan((Job("a", {}, "x", AGAIN),))).nodes) == 1


def test_texts_of_a_study_are_escaped_in_the_page(repository):
    parts = [
        (repository / f"workflow_scripts/assets/pages/audit.{kind}").read_text(encoding="utf-8")
        for kind in ("html", "css", "js")
    ]
    page = audit_page(made_audit(HOSTILE), *parts)
    assert HOSTILE not in page and "&lt;/script&gt;" in page
