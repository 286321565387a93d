"""The `spec` of every step: what its result depends on and nothing else, cut out of a study.

In an order that does not follow the file's, so an edit rebuilds exactly what it changes.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from skillift.settings.analysis_specs import (
    AnalysisSettings,
    AnalysisSpec,
    FiguresSpec,
    FindingsSpec,
    ShownAnalysis,
    ShownFigures,
)
from skillift.settings.chat_models import AskedModel
from skillift.settings.publication_specs import BrowserSpec, DeclaredRun, Labelled
from skillift.settings.specs import (
    AnsweringSpec,
    CorpusSpec,
    DemonstrationsSpec,
    EmulatedSpec,
    EpisodesSpec,
    JudgeSpec,
    RatesSpec,
    ReferenceSpec,
    RunName,
    ScoresSpec,
    ServedSpec,
    TrainSpec,
)
from skillift.settings.student_specs import (
    HubSpec,
    ImportSpec,
    PackageSpec,
    PretrainSpec,
    SuiteFiles,
    TasksSpec,
    TokenizerSpec,
)
from skillift.settings.values import DEFAULT_DATE, VARIANTS, Condition, Suite
from skillift.students.chat_settings import ChatSettings
from skillift.study.checks import DEMONSTRATED
from skillift.study.compared import compared
from skillift.study.emulation import EMULATED
from skillift.study.headline import HOLDOUT

_LEAST_PER_SKILL = {"train": 0, "dev": 0, "holdout": 1}
_NOT_TRAINED_ON = ("suites", "step_checks")
_LEAST_TASKS = {"per_skill": _LEAST_PER_SKILL, "judge_scored": 0}
_CHAT_KEYS = ("model", "api_base", "temperature", "top_p", "max_tokens", "extra_body", "price")
_ESTIMATION_KEYS = (
    "confidence",
    "bootstrap_samples",
    "seed",
    "splits",
    "margins",
    "trajectory",
    "depth",
    "constraint_ceiling",
)


@dataclass(frozen=True, order=True)
class Run:
    """One run of one student: `base`, or one training by a recipe with a seed."""

    student: str
    run: str
    recipe: str | None = None
    seed: int | None = None


if TYPE_CHECKING:

    class _Declared(Protocol):
        """What the specs are cut out of; `skillift.study.study.Study` says what each is."""

        @property
        def data(self) -> dict: ...
        @property
        def name(self) -> str: ...
        @property
        def conditions(self) -> list[Condition]: ...
        @property
        def evaluated(self) -> list[str]: ...
        @property
        def filler(self) -> str | dict[str, str]: ...
        @property
        def judges(self) -> list[str]: ...
        @property
        def primary_judge(self) -> str: ...
        @property
        def headline_suite(self) -> str: ...
        @property
        def suites(self) -> list[Suite]: ...
        @property
        def references(self) -> list[str]: ...
        @property
        def runs(self) -> list[Run]: ...
        def chat(self, student: str) -> ChatSettings: ...
        def corpus(self, corpus: str) -> dict: ...
        def is_of_pack(self, suite: str) -> bool: ...
        def model(self, student: str) -> dict: ...
        def run(self, student: str, run: str) -> Run: ...
        def borrowed_from(self, run: Run) -> Run | None: ...
        def students_from(self, source: str) -> list[str]: ...

else:
    _Declared = object


class Specs(_Declared):
    """The specs of a `skillift.study.study.Study`, which is one."""

    def tasks_spec(self, suite: str) -> TasksSpec:
        """What the tasks and skills of one suite are made of.

        A key that makes no difference to the suite is as if left out: editing one suite builds no other. Of
        own files the names alone: their content enters as a digest (`preflight.own_data.suite_digest`).
        """
        pack = copy.deepcopy(self.data["tasks"].get("pack"))
        if pack is None:
            return TasksSpec(files=SuiteFiles(**self.data["tasks"]["files"]))
        if not self.is_of_pack(suite):
            return TasksSpec(files=SuiteFiles(**self.data["tasks"]["files"], beside_pack=True))
        others = pack.pop("suites", {})
        asked_by_judge = suite != "train" and pack["judge_scored"] > 0  # a share of the holdout
        least = _LEAST_PER_SKILL
        of_holdout = asked_by_judge or suite == VARIANTS
        kept = {suite, *(["holdout"] if of_holdout else [])}
        pack["per_skill"] = {
            name: n if name in kept else least[name] for name, n in pack["per_skill"].items()
        }
        pack["judge_scored"] = pack["judge_scored"] if asked_by_judge else 0
        if suite in ("train", VARIANTS):  # whose steps are not checked
            pack.pop("step_checks", None)
        if suite in others:
            pack["suites"] = {suite: others[suite]}
        return TasksSpec(pack=pack)

    def tokenizer_spec(self) -> TokenizerSpec:
        """What the tokenizer of students from scratch depends on; with own tasks it is the tiny pack's."""
        pack = self.data["tasks"].get("pack", {"difficulty": "tiny"})
        return TokenizerSpec(difficulty=pack["difficulty"])

    def pretrain_spec(self, student: str) -> PretrainSpec:
        """How a student with `source: scratch` is made; `pack` is None with own tasks.

        Pre-training leaves out the lists that the pack's seed holds out, whatever number of tasks is made of
        them: so the numbers of tasks stand at their least, and editing them makes no student again.
        """
        model = self.model(student)
        parts = {name: model[name] for name in ("architecture", "pretraining")}
        pack = self.data["tasks"].get("pack")
        if pack:
            pack = {
                name: value for name, value in {**pack, **_LEAST_TASKS}.items() if name not in _NOT_TRAINED_ON
            }
        return PretrainSpec(**parts, pack=pack)

    def import_spec(self, student: str) -> ImportSpec:
        """How a student with `source: path` is taken in; its files enter as they are."""
        return ImportSpec(source=self.model(student)["source"], **self._chat(student))

    def hub_spec(self, student: str) -> HubSpec:
        """Which model of the hub a student with `source: hub` is."""
        model = self.model(student)
        declared = {name: model[name] for name in ("model", "digests", "file") if name in model}
        revision = model.get("revision", "main")
        return HubSpec(name=student, revision=revision, **declared, **self._chat(student))

    def _chat(self, student: str) -> dict:
        """What the study says of a student's chat format, where it says something; a template by its text.

        It goes into the student's model folder: what follows reads it there.
        """
        chat = self.chat(student)
        found: dict = {"chat_template": chat.template._asdict()} if chat.template else {}
        return found | ({"end_tokens": list(chat.end_tokens)} if chat.end_tokens else {})

    def package_spec(self, student: str) -> PackageSpec:
        """Which packages a student with `source: package` comes from: one, or several that are joined."""
        model = self.model(student)
        parts = model.get("parts") or [{name: model[name] for name in ("package", "version", "file")}]
        declared = {name: model[name] for name in ("sha256", "licence")}
        return PackageSpec(name=student, parts=parts, **declared, **self._chat(student))

    def demonstrations_spec(self) -> DemonstrationsSpec:
        """How demonstrations are written and judged; prompts have the condition `curated`."""
        # plain data, which the model takes for one of its two kinds
        teacher: Any = {name: value for name, value in self.data["teacher"].items() if name != "template"}
        if teacher.get("until") == "passed":  # as where it is left out
            del teacher["until"]
        return DemonstrationsSpec(
            teacher=teacher,
            condition=DEMONSTRATED,
            judge=self.data["judges"][self.primary_judge],
            seed=self.data["prompt_seed"],
        )

    def corpus_spec(self, corpus: str) -> CorpusSpec:
        """How a corpus is selected from the demonstrations."""
        declared = self.corpus(corpus)
        shown = self._filler([declared["condition"]])
        return CorpusSpec(**declared, prompt_seed=self.data["prompt_seed"], **shown)

    def _filler(self, conditions: Sequence[str]) -> dict:
        """What the condition `filler` shows, where it is one of these."""
        return {"filler": copy.deepcopy(self.filler)} if "filler" in conditions else {}

    def train_spec(self, student: str, run: str) -> TrainSpec:
        """How a run is trained; its corpus and student enter as files.

        Raises:
            KeyError: the run is no training.
        """
        found = self.run(student, run)
        if found.recipe not in self.data["recipes"] or found.seed is None:
            raise KeyError(f"{run} of {student} is no training")
        recipe = copy.deepcopy(self.data["recipes"][found.recipe])
        del recipe["corpus"]
        inference = self.data["inference"]
        pinned = {name: inference[name] for name in ("precision", "thinking")}
        return TrainSpec(**recipe, seed=found.seed, **pinned, **self._date(student))

    def _date(self, student: str) -> dict:
        """The date for a chat template, where it is not the default: results older than the key stay.

        That of students with `source: scratch` prints none.
        """
        date = self.data["inference"].get("date", DEFAULT_DATE)
        printed = self.model(student)["source"] != "scratch" and date != DEFAULT_DATE
        return {"date": date} if printed else {}

    def episodes_spec(self, student: str, run: str) -> EpisodesSpec:
        """What a run is asked, and how it answers."""
        found = self.run(student, run)
        inference = {**self.data["inference"], "suites": self.suites}
        shards = inference.pop("shards")
        inference.pop("date", None)
        inference.pop("chat_template", None)
        inference |= self._date(student)
        recipe, borrowed = self.data["recipes"].get(found.recipe), self.borrowed_from(found)
        if recipe is None or not _has_adapter(recipe):
            del inference["adapters"]
        return EpisodesSpec(
            **({"shards": shards} if shards > 1 else {}),
            conditions=self.conditions,
            prompt_seed=self.data["prompt_seed"],
            **self._filler(self.conditions),
            inference=AnsweringSpec(**inference),
            student=student,
            run=run,
            checkpoints=recipe["checkpoints"] if recipe else ["final"] if borrowed else [0],
            **self._emulated(found.recipe, borrowed),
        )

    def _emulated(self, recipe: str | None, borrowed: Run | None) -> dict:
        """Whose training an emulated run borrows; nothing for any other run."""
        if borrowed is None:
            return {}
        weight = self.data[EMULATED][recipe]["weight"]
        return {"emulated": EmulatedSpec(student=borrowed.student, run=borrowed.run, weight=weight)}

    def served_spec(self, student: str, run: str) -> ServedSpec:
        """How what is served is compared with what was trained, and what was asked with the study."""
        inference = self.data["inference"]
        pinned = {name: inference[name] for name in ("precision", "thinking")}
        return ServedSpec(student=student, run=run, **pinned)

    def reference_spec(self, reference: str) -> ReferenceSpec:
        """What a reference model behind an API is asked, and how it answers.

        It samples as the students do, unless its entry says otherwise.
        """
        entry, inference = self.model(reference), self.data["inference"]
        chat = {name: entry[name] for name in _CHAT_KEYS if name in entry}
        inherited = {name: inference[name] for name in ("temperature", "max_tokens")}
        if inference["top_p"] < 1:  # 1 says nothing, and some providers refuse it beside a temperature
            inherited["top_p"] = inference["top_p"]
        return ReferenceSpec(
            name=reference,
            conditions=self.conditions,
            prompt_seed=self.data["prompt_seed"],
            **self._filler(self.conditions),
            suites=self.suites,
            samples=inference["samples"],
            reference=AskedModel(**(inherited | chat)),
        )

    def judge_spec(self, judge: str) -> JudgeSpec:
        """What a judge's verdicts, its certification and their cost depend on."""
        return JudgeSpec(name=judge, judge=self.data["judges"][judge])

    def rates_spec(self) -> RatesSpec:
        """How the error rates of certified judges are computed."""
        return RatesSpec(confidence=self.data["analysis"]["confidence"], judges=self.judges)

    def scores_spec(self) -> ScoresSpec:
        """Which judges' verdicts become scoring paths, and of which runs."""
        runs = [RunName(student=run.student, run=run.run) for run in sorted(self.runs)]
        return ScoresSpec(judges=self.judges, primary_judge=self.primary_judge, runs=runs)

    def analysis_spec(self) -> AnalysisSpec:
        """How effects are estimated, and over which runs."""
        analysis = self._analysis()
        settings = {name: analysis[name] for name in _ESTIMATION_KEYS if name in analysis}
        settings |= self._changes() | self._emulations()
        if pairs := compared(self.data):
            settings["compare"] = pairs
        return AnalysisSpec(analysis=AnalysisSettings(**settings), runs=self._declared_runs())

    def _declared_runs(self) -> list[DeclaredRun]:
        runs = sorted(self.runs, key=lambda run: (run.student, run.run))
        return [DeclaredRun(**asdict(run)) for run in runs]

    def _emulations(self) -> dict:
        """Which runs are emulated, and whose trainings they borrow; nothing where none is."""
        borrowed = {
            (run.recipe, run.student): self.borrowed_from(run)
            for run in self.runs
            if run.recipe in self.data.get(EMULATED, {})
        }
        rows = [
            {"recipe": name, "student": student, "from_student": of.student, "from_recipe": of.recipe}
            for (name, student), of in sorted(borrowed.items())
            if of
        ]
        return {"emulated": rows} if rows else {}

    def _changes(self) -> dict:
        """How the task pack's variants are made, where they are asked: so those left out are counted."""
        if VARIANTS not in self.suites or not self.is_of_pack(VARIANTS):
            return {}
        declared = self.data["tasks"]["pack"]["suites"][VARIANTS]
        few = {"varied": declared["per_skill"]} if "per_skill" in declared else {}
        return {"changes": sorted(declared["change"]), **few}

    def _analysis(self) -> dict:
        """The section `analysis`, with the filler's margin only where there is a filler."""
        analysis = copy.deepcopy(self.data["analysis"])
        if "filler" not in self.conditions:
            analysis["margins"].pop("neutral_filler", None)
        return analysis

    def figures_spec(self) -> FiguresSpec:
        """What figures and published tables show: the headline path, tiers and labels too."""
        models = {name: self.model(name) for name in sorted(self.evaluated)}
        published = self.data["figures"].get("published_values")
        unseen = ("effect_of_interest", "headline_suite", "compare")
        analysis = {key: value for key, value in self._analysis().items() if key not in unseen}
        return FiguresSpec(
            analysis=ShownAnalysis(**analysis, **self._suites()),
            primary_judge=self.primary_judge,
            max_unscored_share=self.data["judging"]["max_unscored_share"],
            students={
                name: Labelled(label=model["label"], tier=model["tier"]) for name, model in models.items()
            },
            references=sorted(self.references),
            runs=self._declared_runs(),
            figures=ShownFigures(
                published_values=not self.students_from("scratch") if published is None else published
            ),
            **({"emulated": sorted(self.data[EMULATED])} if EMULATED in self.data else {}),
        )

    def findings_spec(self) -> FindingsSpec:
        """What the page of findings shows: what figures do, under the study's name."""
        return FindingsSpec(**self.figures_spec().model_dump(), name=self.name)

    def _suites(self) -> dict:
        """The headline suite, where that is not the holdout, and all suites, where several are asked."""
        found: dict = {} if self.headline_suite == HOLDOUT else {"suite": self.headline_suite}
        return found | ({"suites": self.suites} if len(self.suites) > 1 else {})

    def browser_spec(self) -> BrowserSpec:
        """What the episode browser shows besides the tables."""
        shown = self.figures_spec()
        withheld = {"withheld": sorted(self.data["withheld"])} if "withheld" in self.data else {}
        return BrowserSpec(
            name=self.name,
            students=shown.students,
            references=sorted(self.references),
            runs=shown.runs,
            headline_path=self.data["analysis"]["headline_path"],
            prompt_seed=self.data["prompt_seed"],
            **self._filler(self.conditions),
            judges=self.judges,
            **withheld,
        )


def _has_adapter(recipe: dict) -> bool:
    return isinstance(recipe["trainable"], dict) and "lora" in recipe["trainable"]
