"""Settings of corpora that take the tasks of another one, so that their recipes differ in the data alone."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Tag

from skillift.settings.base import LeftOut, Settings
from skillift.settings.training import Corpus, SelectedRows
from skillift.settings.values import Condition, Id, PositiveShare, Seed

Form = Literal["worked", "answer_only", "pairs"]
Rejected = Literal["failed", "corrupted"]


class MatchedCorpus(Settings):
    """Demonstrations of the tasks of another corpus, one of each."""

    like: Id
    """A corpus with `rows`, whose tasks this one takes, each once; in place of `rows`, `skills` and
    `domains`. A task without the demonstration that is asked for here ends the study and is named."""
    verified: LeftOut[bool] = None
    """Whether only demonstrations that passed are taken; else the first of each task, whatever its
    verdict."""
    wrong_share: LeftOut[PositiveShare] = None
    """With `like`: share of its tasks whose demonstration here is a wrong answer, one that the judge failed
    (fraction), in turn over the skills; the tasks of a smaller share are among those of a larger one. It
    takes `teacher.until: both`."""
    condition: LeftOut[Condition] = None
    """Condition of the prompts that are trained on."""
    form: LeftOut[Form] = None
    """`worked`: the whole worked answer; `answer_only`: its ANSWER line alone; with `like`, `pairs`: a worked
    answer that passed and, beside it, a wrong one, for recipes that train on preferences."""
    rejected: LeftOut[Rejected] = None
    """With `form: pairs`: the wrong answer of a pair. `failed`: the first demonstration that the judge failed
    (it takes `teacher.until: both`); `corrupted`: the right one with its answer made wrong, two neighbouring
    items exchanged or another task's answer in its place."""
    seed: Seed = 0
    """Seed of the selection."""


class WholeCorpus(SelectedRows):
    """An entry of `corpora` with what it has of the one that it is like."""

    form: Form = "worked"
    """What is trained on of a demonstration."""
    like: LeftOut[Id] = None
    """The corpus whose tasks it takes, where it takes those of one."""
    wrong_share: LeftOut[PositiveShare] = None
    """Share of its tasks whose demonstration is a wrong answer, where there is one."""
    rejected: LeftOut[Rejected] = None
    """The wrong answer of a preference pair, where the form is `pairs`."""


def _kind(value: object) -> str:
    matched = "like" in value if isinstance(value, dict) else isinstance(value, MatchedCorpus)
    return "MatchedCorpus" if matched else "Corpus"


CorpusEntry = Annotated[
    Annotated[MatchedCorpus, Tag("MatchedCorpus")] | Annotated[Corpus, Tag("Corpus")], Discriminator(_kind)
]
