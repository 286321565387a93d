"""What the words of the findings mean: the one glossary, told on the page where each word first stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from skillift.statistics import claim_labels
from skillift.statistics.predictions import FAILED, HELD, UNDETERMINED
from skillift.statistics.room import CEILING, FLOOR

if TYPE_CHECKING:
    from markupsafe import Markup


class Term(NamedTuple):
    """A word of the page: how it is named, the regular expression that finds it, and what it means."""

    name: str
    pattern: str
    meaning: str


def _given(word: str) -> str:
    """Finds a verdict, alone or counted, and not the verb."""
    return rf"^{word}$|(?<=\d ){word}(?=[,.])"


# {alpha} is what p-values are compared with; the first that fits a place of a text is told there
TERMS = (
    Term("SFT", r"SFT", "supervised fine-tuning, here on the demonstrations of a recipe"),
    Term(
        "lift",
        r"[Ll]ifts?",
        "the procedural delta after SFT minus the procedural delta before it: a difference of differences",
    ),
    Term(
        "procedural delta",
        r"[Pp]rocedural deltas?",
        "what the skill's procedure in the prompt adds to a pass rate: pass rate under curated minus pass "
        "rate under none, paired by task",
    ),
    Term("skill", r"skills?", "a named procedure of a few steps, shared by several tasks"),
    Term("tier", r"tiers?", "a student's place in the order of sizes"),
    Term("student", r"students?", "a model that is asked, and may be fine-tuned"),
    Term("recipe", r"recipes?", "what a training does: its demonstrations and settings"),
    Term("seed", r"seeds?", "a repetition of a training with other random numbers"),
    Term("condition", r"[Cc]onditions?", "what stands before the task in the prompt"),
    Term(
        "curated",
        r"[Cc]urated",
        "the condition in which the skill's own procedure stands before the task; under none, the task "
        "stands alone",
    ),
    Term(
        "placebo",
        r"[Pp]lacebos?",
        "the condition in which another skill's procedure of equal length stands before the task",
    ),
    Term(
        "shuffled",
        r"[Ss]huffled",
        "the condition in which the skill's steps stand before the task in a wrong order",
    ),
    Term(
        "filler",
        r"[Ff]illers?",
        "the condition in which neutral text of equal length, which asks for nothing, stands before the task",
    ),
    Term("control", r"[Cc]ontrols?", "a condition that is as long as curated without its procedure"),
    Term("look", r"[Ll]ooks?", "an analysis of a study's results, each at a smaller share of the level"),
    Term(
        "path",
        r"(?:[Ss]coring )?[Pp]aths?",
        "how episodes get their verdicts: bench reads the ANSWER line where a task has an extractor, "
        "judge:<name> asks that judge about every episode; a difference is always taken within one path",
    ),
    Term(
        "ANSWER line",
        r"ANSWER lines?",
        "the line of a response that begins with ANSWER: and holds the answer",
    ),
    Term("arm", r"[Aa]rms?", "the episodes of one student at one run under one condition"),
    Term("episode", r"[Ee]pisodes?", "one answer of a student to one task under one condition"),
    Term(
        "unscored",
        r"[Uu]nscored",
        "without a verdict, for a reason that is kept; left out of every rate, and never counted as a fail",
    ),
    Term("headline", r"headlines?", "a lift or procedural delta that the study rests on"),
    Term(
        "suite",
        r"suites?",
        "a set of tasks with one purpose; holdout is looked at for results alone, "
        "transfer has skills that no demonstration has",
    ),
    Term(
        "protocol",
        r"[Pp]rotocols?",
        "one way to ask the tasks of a study: how many samples, at which temperature, under which "
        "conditions; numbers of two are never pooled",
    ),
    Term("FLOPs", r"FLOPs", "floating-point operations of a task's answers: 2 x parameters x tokens"),
    Term(
        "variant",
        r"[Vv]ariants?",
        "a task made from another one by one change; of the task pack, a step of the procedure is removed or "
        "two are exchanged, and the answer is another one",
    ),
    Term("pp", r"pp", "percentage points, the difference of two percentages"),
    Term(
        "interval",
        r"[\d.]+ % interval",
        "in that share of studies like this one such an interval holds the true value; clustered by skill",
    ),
    Term(
        "smallest detectable effect",
        r"[Ss]mallest detectable (?:effect|difference)",
        "the true effect that a study of this size finds with 80 % power, by the test behind the word (MDE)",
    ),
    Term(
        "Holm-adjusted",
        r"Holm-adjusted",
        "a p-value that is corrected for all claims that are tested together with this one",
    ),
    Term(
        "no room to move",
        r"(?:No|Perhaps no) room to move",
        f"more than half of the arms pass below {100 * FLOOR:g} % or above {100 * CEILING:g} % of their "
        "tasks, so that hardly an effect could show: easier or harder tasks are needed, not more of them; "
        "perhaps: their rates are there, their intervals not",
    ),
    Term(
        claim_labels.SUPPORTED,
        claim_labels.SUPPORTED,
        "the effect is above zero, or as it is claimed: p below {alpha}",
    ),
    Term(
        claim_labels.CONTRADICTED,
        claim_labels.CONTRADICTED,
        "the effect is the other way round, or what was to be the same differs: p below {alpha}",
    ),
    Term(
        claim_labels.EQUIVALENT,
        claim_labels.EQUIVALENT,
        "the difference is smaller than the margin that the study declared (two one-sided tests)",
    ),
    Term(
        claim_labels.NON_INFERIOR,
        claim_labels.NON_INFERIOR,
        "no lower than before by the margin that the study declared (one one-sided test)",
    ),
    Term(
        claim_labels.NOT_RESOLVABLE,
        claim_labels.NOT_RESOLVABLE,
        "neither is shown; that is no evidence of absence, and the smallest detectable effect says what "
        "could have been seen",
    ),
    Term(
        claim_labels.UNDEFINED,
        claim_labels.UNDEFINED,
        "these data give no estimate, or no interval; the counts beside it say why",
    ),
    Term(HELD, _given(HELD), "the interval lies on the predicted side"),
    Term(FAILED, _given(FAILED), "the interval lies on the other side of what was predicted"),
    Term(
        UNDETERMINED,
        _given(UNDETERMINED),
        "the interval holds values on both sides of what was predicted, or the data give none",
    ),
)


def anchor(name: str) -> str:
    """A term as a part of an address."""
    return name.replace(" ", "-")


class Glossary:
    """Marks each term where it first stands in the texts of a page.

    Texts are to be given in the order in which they stand.

    Args:
        alpha: what p-values are compared with, as text.
        terms: the words.
    """

    def __init__(self, alpha: str, terms: Sequence[Term] = TERMS) -> None:
        self._alpha = alpha
        self._left = dict(enumerate(terms))
        self._new: list[Term] = []
        self.told: list[str] = []

    def marked(self, text: str) -> Markup:
        """A text as HTML, escaped, with the terms that were not told yet as `<dfn>`."""
        from markupsafe import Markup, escape

        parts, at = [], 0
        for start, end, number in self._found(text):
            term = self._left.pop(number)
            self._new.append(term)
            parts += [escape(text[at:start]), Markup("<dfn>{}</dfn>").format(text[start:end])]
            at = end
        return Markup("").join([*parts, escape(text[at:])])

    def linked(self, text: str, before: set[str]) -> Markup:
        """A text as HTML, escaped, in which terms link to where they are told further down.

        Args:
            text: the text.
            before: terms that have a link already; those of this text are added.
        """
        from markupsafe import Markup, escape

        parts, at = [], 0
        for start, end, number in self._found(text):
            name = self._left[number].name
            if name not in before:
                before.add(name)
                link = Markup('<a class="term" href="#word-{}">{}</a>')
                parts += [escape(text[at:start]), link.format(anchor(name), text[start:end])]
                at = end
        return Markup("").join([*parts, escape(text[at:])])

    def notes(self) -> list[tuple[str, Markup]]:
        """The terms that were marked since the last call with their meanings, and those that these use."""
        noted = []
        while self._new:
            term = self._new.pop(0)
            noted.append((term.name, self.marked(term.meaning.format(alpha=self._alpha))))
        self.told += [name for name, _ in noted]
        return noted

    def _found(self, text: str) -> Iterator[tuple[int, int, int]]:
        """Start, end and number of the first place of each term that is left, without overlaps."""
        places = []
        for number, term in self._left.items():
            if match := re.search(rf"(?<![\w:/-])(?:{term.pattern})(?![\w:/])", text):
                places.append((match.start(), -match.end(), number))
        end = 0
        for start, negative, number in sorted(places):
            if start >= end:
                end = -negative
                yield start, end, number
