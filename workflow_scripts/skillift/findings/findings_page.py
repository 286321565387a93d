"""The findings as a page: one file to open, to mail and to cite, in the order of the argument.

Under each question stand its answer, the claims that it rests on with their figure, and the rest folded.
Figures stand in the file itself, with their captions and the numbers that the report gives them.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import groupby

from skillift.findings.captions import Caption, caption
from skillift.findings.finding import QUESTIONS, Finding, Part, merged, told
from skillift.findings.glossary import Glossary, anchor
from skillift.findings.looks import in_short
from skillift.publication.html_parts import PageParts, render
from skillift.reporting.registry import BESIDE_FINDINGS, FIGURES
from skillift.reporting.view import View
from skillift.statistics import claim_labels
from skillift.statistics.predictions import FAILED, HELD, UNDETERMINED

CLASSES = {
    **dict.fromkeys((claim_labels.SUPPORTED, HELD), "yes"),
    **dict.fromkeys((claim_labels.CONTRADICTED, FAILED), "no"),
    **dict.fromkeys((claim_labels.EQUIVALENT, claim_labels.NON_INFERIOR), "same"),
    **dict.fromkeys((claim_labels.NOT_RESOLVABLE, claim_labels.UNDEFINED, UNDETERMINED), "open"),
}
# claims that are shown unfolded, by question; of the others the first kind is
_OPEN = {
    "resolved": ("lift", "format"),
    "uniform": ("uniform lift",),
    "judge": ("another path", "another judge", "missing verdicts"),
    "basis": ("room to move", "looks"),
}
_FOLDED = ("more or better lines",)  # a row a run, beside claims that say the same of recipes
_NOTES = (
    "Differences are paired by task, within one scoring path; standard errors are clustered by skill. "
    "p-values of lifts, of procedural deltas, of each claim about controls, of each contrast with a control "
    "or with shuffled steps, and of the pairs of one claim of sameness are adjusted by Holm within their "
    "family, and the smallest detectable effect beside them is at that level; others are not. Where a recipe "
    "has several seeds, the variance between trainings is in the interval (of slopes and bootstraps it "
    "is not), pooled over the tiers; with one seed a claim is about that run. Episodes without "
    "a row count as unscored."
)


@dataclass(frozen=True)
class Made:
    """When and from what a page was made, to cite it.

    Attributes:
        date: the day, such as `2026-11-29`.
        version: of skillift.
        commit: of the workflow; empty where it is not known.
        table: the bytes of `findings.csv`, whose digest stands on the page.
    """

    date: str
    version: str
    commit: str
    table: bytes


@dataclass(frozen=True)
class Block:
    """The findings of one kind of claim, and the figures that are shown with them.

    Attributes:
        title: the claim, or the question of its figure.
        findings: in their order; may be empty.
        figures: names of the figures that stand here.
        folded: whether a reader has to open it.
        words: how often each word was given.
    """

    title: str
    findings: list[Finding]
    figures: list[str]
    folded: bool
    words: str


@dataclass(frozen=True)
class Figure:
    """A figure as it stands on the page: its number in the study, its picture as an address, its caption."""

    name: str
    number: int
    image: str
    caption: Caption


def numbered(names: Sequence[str]) -> dict[str, int]:
    """The number of each figure of a study, in the order of the argument; `names`: all that the study has."""
    return {name: number for number, name in enumerate((each for each in FIGURES if each in names), 1)}


def findings_page(
    parts: list[Part],
    name: str,
    view: View,
    page_parts: PageParts,
    figures: Mapping[str, str],
    captions: Mapping[str, str],
    made: Made,
) -> str:
    """The page's HTML.

    Args:
        parts: see `findings`.
        name: the study's.
        view: how the study wants results shown.
        page_parts: the page's template, style sheet and script.
        figures: SVG texts by the figures' names; a finding links to its figure where that is among them.
        captions: of these figures, in reStructuredText.
        made: when and from what.

    Raises:
        UserError: a caption or the template is not as it should be.
    """
    numbers = numbered(list(figures))
    glossary = Glossary(f"{1 - view.confidence:.3g}")
    values = shared_values(parts, glossary, numbers, figures, captions, made) | {
        "name": name,
        "about": None,  # what pages of comparisons say in the place of a study's words
        "students": ", ".join(view.labels),
        "trained": not view.runs.is_empty(),
        "facts": _facts(view),
        "questions": QUESTIONS,
        "blocks": {part.question: _blocks(part, numbers) for part in parts},
        "method": _NOTES,
    }
    return render(page_parts, values, "findings page")


def shared_values(
    parts: list[Part],
    glossary: Glossary,
    numbers: Mapping[str, int],
    figures: Mapping[str, str],
    captions: Mapping[str, str],
    made: Made,
) -> dict:
    """What the template takes of a study's findings and of those of compared logs alike.

    Args:
        parts: the findings.
        glossary: the words that are explained.
        numbers: of the figures.
        figures: SVG texts by the figures' names.
        captions: of these figures, in reStructuredText.
        made: when and from what.

    Raises:
        UserError: a caption is not as it should be.
    """
    return {
        "warnings": [each.sentence for part in parts for each in part.findings if each.claim == "warning"],
        "parts": parts,
        "figures": {
            name: Figure(name, number, as_image(figures[name]), caption(captions[name], numbers, name))
            for name, number in numbers.items()
        },
        "classes": CLASSES,
        "anchor": anchor,
        "linked": partial(glossary.linked, before=set()),
        "explain": glossary.marked,
        "notes": glossary.notes,
        "told": glossary.told,
        "made": made,
        "digest": sha256(made.table).hexdigest(),
    }


def _facts(view: View) -> str:
    return (
        f"{view.suite} suite, last checkpoint of each run, scored by the path {view.headline_path} where "
        f"nothing else is said; {view.level} intervals{in_short(view)}; differences in percentage points (pp)"
    )


def _blocks(part: Part, numbers: Mapping[str, int]) -> list[Block]:
    """What stands under a question: what its answer rests on first, then the rest, folded."""
    shown = [finding for finding in part.findings if finding.claim != "warning"]
    kinds = [
        (claim, merged(list(found))) for claim, found in groupby(shown, key=lambda finding: finding.claim)
    ]
    owners = _owners(kinds, [name for name in numbers if BESIDE_FINDINGS.get(name) == part.question])
    leads = [claim for claim in _OPEN.get(part.question, ()) if any(claim == kind for kind, _ in kinds)]
    if part.question not in _OPEN and part.question != "procedure":
        leads = [claim for claim, found in kinds if claim not in _FOLDED and _tells(found)]
    leads = leads or [claim for claim, _ in kinds[:1]]
    kinds.sort(key=lambda kind: leads.index(kind[0]) if kind[0] in leads else len(leads))
    blocks = []
    for claim, found in kinds:
        here = [name for name, owner in owners.items() if owner == claim]
        given = [finding.word for finding in found if finding.word]
        blocks.append(Block(claim, found, here, claim not in leads, told(given)))
    for name in (name for name, owner in owners.items() if owner is None):
        later = (
            i for i, block in enumerate(blocks) if any(numbers[n] > numbers[name] for n in block.figures)
        )
        blocks.insert(next(later, len(blocks)), Block("", [], [name], True, ""))
    return blocks


def _tells(found: list[Finding]) -> bool:
    """Whether one of these says more than that it is undefined."""
    return any(finding.word != claim_labels.UNDEFINED for finding in found)


def _owners(kinds: list[tuple[str, list[Finding]]], names: list[str]) -> dict[str, str | None]:
    """The claim that each figure stands with, the first that names it; None where none does."""
    return {
        name: next((claim for claim, found in kinds if any(each.figure == name for each in found)), None)
        for name in names
    }


def as_image(svg: str) -> str:
    """A picture as an address that holds it."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
