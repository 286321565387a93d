"""The findings as a table, and as the text that opens the report."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from skillift.findings.basis import STUDENT
from skillift.findings.finding import NUMBERS, QUESTIONS, Finding, Part, merged

_MARKS = {"warning": "**"}  # of whole sentences


def findings_rows(parts: list[Part]) -> pl.DataFrame:
    """One row a finding: question, claim, student, path, word, the numbers as fractions, sentence, figure."""
    texts = ("claim", "student", "path", "word")
    counts = {name: pl.Int64 for name in NUMBERS if name.startswith("n_")}
    schema = {
        **dict.fromkeys(("question", *texts), pl.String),
        **{name: counts.get(name, pl.Float64) for name in NUMBERS},
        **dict.fromkeys(("sentence", "figure"), pl.String),
    }
    rows = [
        {name: getattr(each, name) for name in ("question", *texts, "sentence", "figure")}
        | dict(each.numbers or {})
        for part in parts
        for each in part.findings
    ]
    return pl.DataFrame(rows, schema=schema)


def findings_text(parts: list[Part], figures: Mapping[str, str]) -> str:
    """The answers, the warnings, the lifts and the students' origins as reStructuredText for the report.

    It opens the report's first page.

    Figures are named as Snakemake's report makes links of them: by their file name with an underscore
    (https://snakemake.readthedocs.io/en/stable/snakefiles/reporting.html).
    """
    lines = []
    for part in parts:
        named = dict.fromkeys(each.figure for each in part.findings if each.figure in figures)
        links = ", ".join(f"`{name}.svg`_" for name in named)
        lines += [
            f"**{QUESTIONS[part.question]}** {_plain(part.answer)}" + (f" ({links})" if links else ""),
            "",
        ]
        kinds = ("warning", "lift", "format", "looks", STUDENT)
        shown = [[each for each in part.findings if each.claim == kind] for kind in kinds]
        told = [each for found in shown for each in merged(found)]
        for each in told:
            lines += [f"- {_told(each)}", *_named(each)]
        lines += [""] * bool(told)
    return "\n".join(lines)


def _told(finding: Finding) -> str:
    mark = _MARKS.get(finding.claim, "")
    return f"{mark}{_plain(finding.sentence)}{mark}" + (f" **{finding.word}**" if finding.word else "")


def _named(finding: Finding) -> list[str]:
    """What a sentence is about, where it does not say that itself: a list below it."""
    return ["", *(f"  - {_plain(name)}" for name in finding.of), ""] * bool(finding.of)


def _plain(text: str) -> str:
    """A text in which reStructuredText finds no markup."""
    return re.sub(r"([\\*`_|])", r"\\\1", text)
