"""Settings of corpora that take the tasks of another one, so that their recipes differ in the data alone."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Tag

from skillift.settings.base import LeftOut, Settings
from skillift.settings.training import Corpus
from skillift.settings.values import Condition, Id, PositiveShare, Seed


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
    form: LeftOut[Literal["worked", "answer_only"]] = None
    """`worked`: the whole worked answer; `answer_only`: its ANSWER line alone."""
    seed: Seed = 0
    """Seed of the selection."""


class WholeCorpus(Corpus):
    """An entry of `corpora` with what it has of the one that it is like."""

    like: LeftOut[Id] = None
    """The corpus whose tasks it takes, where it takes those of one."""
    wrong_share: LeftOut[PositiveShare] = None
    """Share of its tasks whose demonstration is a wrong answer, where there is one."""


def _kind(value: object) -> str:
    matched = "like" in value if isinstance(value, dict) else isinstance(value, MatchedCorpus)
    return "MatchedCorpus" if matched else "Corpus"


CorpusEntry = Annotated[
    Annotated[MatchedCorpus, Tag("MatchedCorpus")] | Annotated[Corpus, Tag("Corpus")], Discriminator(_kind)
]
