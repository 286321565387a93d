"""The findings as a page, as a table, and as the text that opens the report."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from itertools import groupby

import polars as pl

from skillift.figures.arms import View, read_spec
from skillift.findings.basis import STUDENT
from skillift.findings.finding import NUMBERS, QUESTIONS, Finding, Part
from skillift.findings.looks import in_short
from skillift.publication.html_parts import render
from skillift.statistics import words
from skillift.statistics.predictions import FAILED, HELD, UNDETERMINED

_CLASSES = {
    **dict.fromkeys((words.SUPPORTED, HELD), "yes"),
    **dict.fromkeys((words.CONTRADICTED, FAILED), "no"),
    words.EQUIVALENT: "same",
    **dict.fromkeys((words.NOT_RESOLVABLE, words.UNDEFINED, UNDETERMINED), "open"),
}
_MEANINGS = {
    words.SUPPORTED: "the effect is above zero: p below {alpha}",
    words.CONTRADICTED: "the effect is below zero, or what was to be the same differs: p below {alpha}",
    words.EQUIVALENT: "the difference is smaller than the margin declared in the study (two one-sided tests)",
    words.NOT_RESOLVABLE: "neither is shown. That is no evidence of absence: the smallest detectable effect, "
    "found with 80 % power, stands beside it",
    words.UNDEFINED: "these data give no estimate, or no interval; the counts beside it say why",
}
_NOTES = (
    "Differences are paired by task, within one scoring path; standard errors are clustered by skill. "
    "p-values of lifts, of procedural deltas, of each claim about controls, of each contrast with a control "
    "or with shuffled steps, and of the "
    "pairs of one claim of sameness are adjusted by Holm within their family, and the smallest detectable "
    "effect "
    "beside them is at that level; others are not. Where a recipe has several seeds, the variance between "
    "trainings is in the interval (of slopes and bootstraps it is not), pooled over the tiers; with one "
    "seed a "
    "claim is about that run. Episodes without a row count as unscored."
)


def findings_page(
    parts: list[Part], spec: dict, template: str, style: str, script: str, figures: Mapping[str, str]
) -> str:
    """The page's HTML: the answers, then the findings of each question with the figures that they name.

    Args:
        parts: see `findings`.
        spec: the analysis spec with the study's `name`.
        template: see `html_parts.render`.
        style: a style sheet.
        script: JavaScript.
        figures: SVG texts by the figures' names; a finding links to its figure where that is among them.
    """
    view = read_spec(spec)
    shown: set[str] = set()
    first_shown = {}
    for part in parts:
        named = dict.fromkeys(finding.figure for finding in part.findings)
        first_shown[part.question] = [name for name in named if name in figures and name not in shown]
        shown.update(first_shown[part.question])
    alpha = f"{1 - view.confidence:.2g}"
    values = {
        "name": spec["name"],
        "facts": _facts(view),
        "warnings": [each.sentence for part in parts for each in part.findings if each.claim == "warning"],
        "parts": parts,
        "questions": QUESTIONS,
        "claims": {part.question: _by_claim(part) for part in parts},
        "figures": {name: _as_image(figures[name]) for name in shown},
        "first_shown": first_shown,
        "classes": _CLASSES,
        "meanings": {word: f"{meaning.format(alpha=alpha)}." for word, meaning in _MEANINGS.items()},
        "notes": _NOTES,
    }
    return render(template, style, script, values, "findings page")


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
        told = [
            each for each in part.findings if each.claim in ("warning", "lift", "format", "looks", STUDENT)
        ]
        lines += [f"- {_told(each)}" for each in told] + [""] * bool(told)
    return "\n".join(lines)


def _facts(view: View) -> str:
    looked = f" ({in_short(view)})" if view.look else ""
    return (
        f"{view.suite} suite, last checkpoint of each run, scored by {view.headline_path} where nothing "
        "else is said; "
        f"{view.level} intervals{looked}; differences in percentage points (pp)"
    )


def _by_claim(part: Part) -> list[tuple[str, list[Finding]]]:
    told = [finding for finding in part.findings if finding.claim != "warning"]
    return [(claim, list(found)) for claim, found in groupby(told, key=lambda finding: finding.claim)]


def _as_image(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _told(finding: Finding) -> str:
    return _plain(finding.sentence) + (f" **{finding.word}**" if finding.word else "")


def _plain(text: str) -> str:
    """A text in which reStructuredText finds no markup."""
    return re.sub(r"([\\*`_|])", r"\\\1", text)
