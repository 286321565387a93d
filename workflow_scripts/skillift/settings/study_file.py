"""The study file."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from skillift.settings.analysis import Analysis, Figures, Prediction
from skillift.settings.base import LeftOut, Settings, Unique
from skillift.settings.chat_models import Judge, Judging, Teacher
from skillift.settings.emulation import RecipeEntry
from skillift.settings.inference import Inference
from skillift.settings.matched import CorpusEntry
from skillift.settings.models import Reference, Student
from skillift.settings.tasks import TaskSource
from skillift.settings.training import RunEntry
from skillift.settings.values import Condition, FilePath, Id, Seed, Suite


class StudyFile(Settings):
    """What is studied. An edit here rebuilds exactly what depends on it."""

    model_config = ConfigDict(title="Study file")

    name: Id
    """Name of the study and of its folder below `results/`."""
    description: str = ""
    """The question that the study answers, in a sentence or two. Shown in the report."""
    tasks: TaskSource
    """Where tasks and skills come from. Exactly one of `pack` and `files`."""
    conditions: Annotated[list[Condition], Field(min_length=2), Unique()]
    """What stands before a task in the prompt. `none` and `curated` are always among them."""
    prompt_seed: Seed = 0
    """Seed of the choices that the conditions `placebo`, `shuffled` and `filler` make."""
    filler_text: LeftOut[FilePath] = None
    """Text file whose sentences the condition `filler` shows: words that the students know, asking for
    nothing. Relative to the study file's folder. Left out, sentences in plain English; for the task pack
    at `difficulty: tiny` words of its students."""
    students: Annotated[dict[Id, Student], Field(min_length=1)]
    """Models that are evaluated and may be fine-tuned, by id."""
    references: dict[Id, Reference] = Field(default_factory=dict)
    """Models that are evaluated and never fine-tuned, by id: models behind a chat API, or entries of the
    students' form."""
    teacher: LeftOut[Teacher] = None
    """What writes demonstrations. Needed where there are corpora."""
    corpora: dict[Id, CorpusEntry] = Field(default_factory=dict)
    """Sets of demonstrations that recipes train on, by id."""
    recipes: dict[Id, RecipeEntry] = Field(default_factory=dict)
    """How a student is fine-tuned, by id. The id `base` is taken, and an id does not end in `-s` and a
    number, as runs are named `<recipe>-s<seed>`."""
    runs: list[RunEntry] = Field(default=[])
    """Which recipes are trained, at which students, with which seeds. `base` runs need no entry."""
    judges: Annotated[dict[Id, Judge], Field(min_length=1)]
    """Models that give verdicts, by id; each is a scoring path `judge:<id>`."""
    judging: Judging = Field(default_factory=Judging)
    """When a job ends because of what it is answered, and how much may be left unscored."""
    primary_judge: Id
    """The judge, a key of `judges`, that passes demonstrations and scores the tasks without an extractor on
    the path `bench`."""
    inference: Inference
    """How episodes are made; the same for `base` and trained runs."""
    withheld: LeftOut[Annotated[list[Suite], Field(min_length=1), Unique()]] = None
    """Suites whose tasks and answers stand on no page and in no folder for uploads, such as a safety suite:
    the episode browser and exported results leave them out. Their numbers are shown as those of any other."""
    analysis: Analysis = Field(default_factory=Analysis)
    """How effects are estimated."""
    figures: Figures = Field(default_factory=Figures)
    """What the figures show beside the study's own results."""
    predictions: dict[Id, Prediction] = Field(default_factory=dict)
    """What the study is expected to show, by id, declared before the run. Each gets a verdict; the report
    says when its text was registered, and whether results existed by then."""
