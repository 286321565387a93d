"""What a study needs where it foretells lifts (`analysis.forecast`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from skillift.study.chat_checks import Finding
from skillift.study.headline import HOLDOUT
from skillift.yaml_sources.source import Words


def forecast_findings(data: Mapping) -> Iterator[Finding]:
    """That nothing is trained, that the holdout is not asked, or that the suite has no tasks."""
    declared = data["analysis"].get("forecast")
    if not declared:
        return
    key, suite = ("analysis", "forecast"), declared["suite"]
    if not any(entry["students"] for entry in data["runs"] if entry["recipe"] in data["recipes"]):
        yield key, Words("a forecast without a training"), "a run whose lift is foretold", "Delete the key."
    if HOLDOUT not in data["inference"]["suites"]:
        found, fix = data["inference"]["suites"], f"Add {HOLDOUT}, or delete analysis.forecast."
        yield ("inference", "suites"), found, f"{HOLDOUT} too, whose lift is foretold", fix
    pack = data["tasks"].get("pack")
    if pack and "files" not in data["tasks"] and not pack["per_skill"].get(suite):
        found, fix = Words(f"the suite {suite} without tasks"), f"Set tasks.pack.per_skill.{suite}."
        yield (*key, "suite"), found, "tasks that the base model is asked before training", fix
