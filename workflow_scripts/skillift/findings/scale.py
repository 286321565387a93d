"""Findings on scale: does a larger model add to a training, or a larger training to a model?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from skillift.findings.finding import Finding, Part, estimated, numbers_of, on_claims
from skillift.findings.lift import of_claim
from skillift.metrics.names import TEXT
from skillift.reporting.view import View
from skillift.statistics.claim_registry import FINETUNING, IN_FORM_SUFFIX, PRETRAINING, says

_CLAIMS = (PRETRAINING, FINETUNING, PRETRAINING + IN_FORM_SUFFIX, FINETUNING + IN_FORM_SUFFIX)


def scale(tables: Mapping[str, pl.DataFrame], view: View) -> Iterator[Part]:
    """What emulated runs tell of the scale of pre-training and of fine-tuning.

    Args:
        tables: claims.
        view: how results are shown.

    Yields:
        One part; none where the study emulates no training.
    """
    found, words = list[Finding](), dict[str, list[str]]()
    for claim in _CLAIMS:
        in_form = claim.endswith(IN_FORM_SUFFIX)
        rows = list(of_claim(tables, replace(view, headline_path=TEXT) if in_form else view, claim))
        found += [_finding(row, in_form, view) for row in rows]
        words[says()[claim]] = [row["word"] for row in rows]
    if found:
        yield Part("scale", f"{on_claims(words)}.", found)


def _finding(row: Mapping, in_form: bool, view: View) -> Finding:
    rate = "Share of responses in form" if in_form else "Pass rate"
    large = view.label_by_student[row["student"]]
    if row["claim"].startswith(PRETRAINING):
        small = view.label_by_student[row["against"]]
        sides = f"of {large} with the training of {small} ({row['run']}) less that of {small} after it"
    else:
        sides = f"of {large} after its own training by {row['run']} less that by {row['against']}"
    seeds = "" if row["n_runs"] > 1 else "; a side has one seed, so about these runs"
    return Finding(
        "scale",
        row["claim"].replace("_", " "),
        f"{rate} under none {sides}: {estimated(row, view)}{seeds}.",
        row["word"],
        row["path"],
        large,
        "emulation_grid",
        numbers_of(row),
    )
