"""The page of a comparison of logs: that of a study's findings, with what holds of logs.

The template, figures and the glossary are those of `skillift.findings.findings_page`; what stands at the top
of it, the captions, how the numbers are made, and which files lie beside it are a comparison's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from skillift.evaluation_logs.comparison_findings import QUESTIONS, Said
from skillift.evaluation_logs.log_tables import Comparison
from skillift.findings.finding import Finding, Part, told
from skillift.findings.findings_page import Block, Made, shared_values
from skillift.findings.glossary import TERMS, Glossary, Term
from skillift.publication.html_parts import PageParts, render
from skillift.reporting.view import View
from skillift.statistics.claim_registry import POINTS

# figures in their order, and the question under which each stands; none: what training changed
BESIDE = {
    **dict.fromkeys(("gains", "lift", "tier_trajectory", "skill_forest", "asymmetry"), ""),
    "placebo_ladder": "procedure",
    "condition_ladder": "basis",
}

# of a study's glossary, what means the same here
_SHARED = (
    "seed",
    "recipe",
    "control",
    "pp",
    "no room to move",
    "supported",
    "contradicted",
    "equivalent",
    "not resolvable at this n",
    "undefined",
    "held",
    "failed",
    "undetermined",
)
_OWN = (
    Term("gain", r"[Gg]ains?", "the score after training minus the score before it, paired by item"),
    Term(
        "lift",
        r"[Ll]ifts?",
        "the procedural delta after training minus the procedural delta before it: a difference of "
        "differences",
    ),
    Term(
        "procedural delta",
        r"[Pp]rocedural deltas?",
        "the score with the procedure in the prompt (curated) minus that without it (none), paired by item",
    ),
    Term("item", r"[Ii]tems?", "one question of the harness with its answer and its score"),
    Term(
        "group",
        r"[Gg]roups?",
        "items that have something in common, such as a passage or a template: they are not independent",
    ),
    Term("condition", r"[Cc]onditions?", "what stands before the question in the prompt"),
    Term("curated", r"[Cc]urated", "the condition in which a procedure stands before the question"),
    Term("placebo", r"[Pp]lacebos?", "the condition in which another procedure stands before the question"),
    Term(
        "shuffled",
        r"[Ss]huffled",
        "the condition in which the procedure's steps stand before the question in a wrong order",
    ),
    Term(
        "filler",
        r"[Ff]illers?",
        "the condition in which neutral text, which asks for nothing, stands before the question",
    ),
    Term("arm", r"[Aa]rms?", "the scores of one model under one condition"),
    Term("unscored", r"[Uu]nscored", "without a score; left out of every mean, and never taken for a fail"),
    Term(
        "interval",
        r"\d+ % interval",
        "in that share of comparisons like this one such an interval holds the true value",
    ),
    Term(
        "smallest detectable effect",
        r"[Ss]mallest detectable effect",
        "the true change that a comparison of this size finds with 80 % power, by the test behind the word",
    ),
    Term("look", r"[Ll]ooks?", "an analysis of results; with each further one, a chance find is likelier"),
    Term(
        "Holm-adjusted",
        r"Holm-adjusted",
        "a p-value that is corrected for all changes of the same kind that are tested here",
    ),
)


def comparison_page(
    parts: list[Part],
    comparison: Comparison,
    page_parts: PageParts,
    figures: Mapping[str, str],
    captions: Mapping[str, str],
    made: Made,
) -> str:
    """The page's HTML; arguments as those of `skillift.findings.findings_page.findings_page`.

    Args:
        parts: see `comparison_findings.comparison_parts`.
        comparison: how it is analysed and shown.
        page_parts: of the findings page.
        figures: SVG texts, in the order in which they are numbered.
        captions: of these figures.
        made: when and from what.

    Raises:
        UserError: a caption or the template is not as it should be.
    """
    view, said = comparison.view, Said(comparison.about)
    numbers = {name: number for number, name in enumerate(figures, 1)}
    own = {term.name: term for term in _OWN}
    shared = [term for term in TERMS if term.name in _SHARED]
    glossary = Glossary(f"{1 - view.confidence:.3g}", (*own.values(), *shared))
    values = shared_values(parts, glossary, numbers, figures, captions, made) | {
        "name": comparison.name,
        "about": {"lead": _lead(said, view), "study": "the comparison"},
        "facts": _facts(view, said),
        "questions": QUESTIONS,
        "blocks": {part.question: _blocks(part, list(figures)) for part in parts},
        "method": _method(said),
        "students": "",
        "trained": True,
    }
    return render(page_parts, values, "comparison page")


def _lead(said: Said, view: View) -> str:
    if said.has_lift:
        return (
            "The same items with and without a procedure in the prompt, before and after training: what did "
            f"training add to what the procedure is worth? That is the lift. Model: {view.labels[0]}."
        )
    return (
        "The same items before and after training: what did training change? That is the gain. Model: "
        f"{view.labels[0]}."
    )


def _facts(view: View, said: Said) -> str:
    unit = "percentage points (pp)" if said.measure.unit == POINTS else said.measure.unit
    return (
        f"from evaluation logs; score {said.measure.score}; paired by item; {view.level} intervals; "
        f"differences in {unit}"
    )


def _method(said: Said) -> str:
    clustered = (
        "standard errors are clustered by group (CR2, with the degrees of freedom of Bell and McCaffrey)"
        if said.grouped
        else "standard errors are those of independent items"
    )
    adjusted = (
        " p-values of the gains under several conditions are adjusted by Holm, those of further lifts apart "
        "from them, and the smallest detectable effect beside them is at that level."
        if len(said.conditions) > 1
        else ""
    )
    return (
        f"Differences are paired by item, within one score; {clustered}.{adjusted} Where there are several "
        "trainings, the variance between them is in the interval. An item that an arm lacks counts as "
        "unscored."
    )


def _blocks(part: Part, figures: Sequence[str]) -> list[Block]:
    """The findings by kind, all of them open; the figures of a question stand with the first kind."""
    shown = [each for each in part.findings if each.claim != "warning"]
    here = [name for name in figures if BESIDE[name] == part.question or _first(name, part)]
    blocks = []
    for number, (claim, found) in enumerate(groupby(shown, key=lambda finding: finding.claim)):
        rows: list[Finding] = list(found)
        words = told([each.word for each in rows if each.word])
        blocks.append(Block(claim, rows, here if number == 0 else [], False, words))
    return blocks


def _first(figure: str, part: Part) -> bool:
    """Whether a figure of what training changed is of this part, which asks about that."""
    return BESIDE[figure] == "" and part.question in ("gain", "resolved")
