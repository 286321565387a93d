"""The study: what one file under `studies/` declares, checked and completed.

`load_study` reads and checks the file before any job starts. A `Study` then answers what the workflow
asks: which models (`declared_models`), runs (`declared_runs`), suites, judges and scoring paths there
are, and the `spec` of every step (`specs`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from skillift.errors import UserError
from skillift.protocols import MAIN
from skillift.settings.chat_models import Paraphraser
from skillift.settings.study_file import StudyFile
from skillift.settings.values import Condition, Suite
from skillift.study.checkpoints import named_steps
from skillift.study.checks import BASE, DEMONSTRATED, reference_problems
from skillift.study.compared import DATA_QUALITY, compared
from skillift.study.declared import Run
from skillift.study.declared_models import DeclaredModels
from skillift.study.declared_runs import DeclaredRuns
from skillift.study.headline import default_suite
from skillift.study.loading import examined, load_config
from skillift.study.matched import whole_corpus
from skillift.study.protocols import chosen_steps, default_protocol
from skillift.study.specs import Specs
from skillift.tasks.filler_files import read_filler
from skillift.tasks.user_skills import skill_files
from skillift.yaml_sources.source import beside, read_source

__all__ = ["BASE", "Run", "Study", "load_config", "load_study"]

_CONDITION_ORDER: tuple[Condition, ...] = ("none", "curated", "placebo", "shuffled", "filler")


@dataclass(frozen=True)
class Study(DeclaredModels, DeclaredRuns, Specs):
    """A study file that was read, checked and completed, with what each step of the workflow takes.

    Attributes:
        path: the study file.
        data: its content with all defaults filled in, plain dicts and lists.
        declared: its content as typed settings; of one with problems, the sound sections alone.
    """

    path: str
    data: dict
    declared: StudyFile

    @property
    def name(self) -> str:
        """The study's name, and its folder below the results."""
        return self.data["name"]

    @property
    def has_protocols(self) -> bool:
        """Whether the study declares protocols: its tables then have a column for them."""
        return "protocols" in self.data["inference"]

    @property
    def protocols(self) -> dict[str, dict]:
        """Every way in which tasks are asked, in full, `main` first: the only one where none is declared."""
        main = default_protocol(self.data)
        declared = self.data["inference"].get("protocols", {MAIN: main})
        own = {key: declared[MAIN][key] for key in ("checkpoints", "judges", "references")}
        return declared | {MAIN: main | own}

    def answered_by(self, run: Run, protocol: str) -> int:
        """How many checkpoints of a run answer under a protocol."""
        entry = self.protocols[protocol]
        if run.student in self.references and run.student not in entry["references"]:
            return 0
        return len(chosen_steps(entry, self.checkpoints_of(run)))

    @cached_property
    def judges(self) -> list[str]:
        """Ids of the judges, sorted."""
        return sorted(self.data["judges"])

    @property
    def primary_judge(self) -> str:
        """Id of the judge that passes demonstrations and scores tasks without an extractor."""
        return self.data["primary_judge"]

    @property
    def suites(self) -> list[Suite]:
        """The suites that are asked, sorted."""
        return sorted(self.data["inference"]["suites"])

    @property
    def headline_suite(self) -> str:
        """The suite of the headline figures and findings."""
        return self.data["analysis"]["headline_suite"]

    @property
    def built_suites(self) -> list[str]:
        """The suites whose tasks are made: those asked, trained on where something is, and foretold by."""
        return list(dict.fromkeys([*self.taught_and_asked, *self._foretold_by]))

    @property
    def taught_and_asked(self) -> list[str]:
        """The suites between which no task may stand twice: what is asked before training may."""
        return [*(["train"] if self.trained_runs else []), *self.suites]

    @property
    def _foretold_by(self) -> list[str]:
        declared = self.data["analysis"].get("forecast")
        return [declared["suite"]] if declared else []

    @property
    def foretold(self) -> list[str]:
        """Ids of the students whose lifts are foretold before training."""
        trained = {run.student for run in self.trained_runs}
        return [name for name in self.students if name in trained and self._foretold_by]

    def is_of_pack(self, suite: str) -> bool:
        """Whether the tasks of a suite are the task pack's."""
        pack = self.data["tasks"].get("pack", {})
        return bool(pack.get("per_skill", {}).get(suite)) or suite in pack.get("suites", {})

    @property
    def own_suites(self) -> list[str]:
        """The suites whose tasks are made and are own ones."""
        return [suite for suite in self.built_suites if not self.is_of_pack(suite)]

    @property
    def paths(self) -> list[str]:
        """The scoring paths: `bench`, then `judge:<id>` of every judge."""
        return ["bench", *(f"judge:{judge}" for judge in self.judges)]

    @cached_property
    def corpora(self) -> list[str]:
        """Ids of the corpora that a declared run trains on, and of those whose tasks they take; sorted."""
        trained = {self.data["recipes"][run.recipe]["corpus"] for run in self.trained_runs}
        return sorted(trained | {self.corpus(name).get("like", name) for name in trained})

    @property
    def shards(self) -> int:
        """How many jobs share the tasks of each run of a student."""
        return self.data["inference"]["shards"]

    def own_files(self) -> dict[str, str]:
        """Paths of the own tasks and skills, by `tasks` and `skills`; empty for the task pack alone."""
        files = self.data["tasks"].get("files", {})
        return {name: beside(self.path, declared) for name, declared in files.items()}

    def own_inputs(self) -> dict[str, list[str]]:
        """The files behind `own_files`: of a folder of skills, its `SKILL.md` files."""
        own = self.own_files()
        return {name: skill_files(path) if Path(path).is_dir() else [path] for name, path in own.items()}

    def judge_template(self, judge: str) -> str:
        """File name of a judge's prompt template in `workflow_scripts/assets/prompts/`."""
        return self.data["judges"][judge]["template"]

    @property
    def teacher_template(self) -> str | None:
        """File name of the template of what a teacher behind an API is asked; None for other teachers."""
        teacher = self.data.get("teacher", {})
        return teacher["template"] if teacher.get("kind") == "api" else None

    @property
    def paraphraser(self) -> Paraphraser | None:
        """The chat model that paraphrases chains of thought; None where a local rule does, or none are."""
        altering = self.declared.inference.interventions
        return altering.paraphrase if altering else None

    def demonstrated_as_is(self, corpus: str) -> bool:
        """Whether a corpus is trained on under the prompts that its demonstrations were written to."""
        return self.corpus(corpus)["condition"] == DEMONSTRATED

    def corpus(self, corpus: str) -> dict:
        """The entry of a corpus; of one that takes the tasks of another with what it has of that one."""
        return whole_corpus(self.data["corpora"], corpus)

    @property
    def conditions(self) -> list[Condition]:
        """The study's conditions, in the order of the vocabulary."""
        return [name for name in _CONDITION_ORDER if name in self.data["conditions"]]

    @cached_property
    def filler(self) -> str | dict[str, str]:
        """What the condition `filler` shows, as `skillift.tasks.filler.filler_text` takes it.

        Raises:
            UserError: the study names a file of its own that cannot be read.
        """
        if declared := self.data.get("filler_text"):
            return read_filler(beside(self.path, declared))
        return "tiny" if self.data["tasks"].get("pack", {}).get("difficulty") == "tiny" else "plain"


def load_study(path: Path | str) -> Study:
    """Read, check and complete a study file.

    Raises:
        UserError: everything that is wrong with the file, one line each: file, line, key, what was found,
            what was expected, the fix.
    """
    study, problems, _ = read_study(path)
    if problems:
        raise UserError("\n".join(problems))
    return study


def read_study(path: Path | str) -> tuple[Study, list[str], set[str]]:
    """Read and check a study file, and give what can be told of it where something is wrong.

    Returns:
        The study; everything that is wrong with the file, one line each; the sections that do not keep the
        schema. A study with problems is incomplete: only what reads sound sections may be asked of it.

    Raises:
        UserError: the file cannot be read, or is not a mapping in YAML.
    """
    found = examined(read_source(path, "study file"), StudyFile, reference_problems)
    if not found.unsound:
        _complete(found.data)
    return Study(str(path), found.data, found.settings), found.problems, found.unsound


_MARGINS_OF_SUITES = (("transfer", "retention"), ("perturbed", "brittleness"), ("safety", "side_cost"))


def _complete(data: dict) -> None:
    """Defaults that hang on other keys: labels, the headline path and suite."""
    for section in ("students", "references"):
        for name, model in data[section].items():
            model.setdefault("label", name)
    data["analysis"].setdefault("headline_path", f"judge:{data['primary_judge']}")
    headline = data["analysis"].setdefault("headline_suite", default_suite(data["inference"]["suites"]))
    for suite, margin in _MARGINS_OF_SUITES:
        if suite not in data["inference"]["suites"]:  # read by nothing: no part of what is registered
            data["analysis"]["margins"].pop(margin, None)
    named_steps(data)
    if DATA_QUALITY not in {row["claim"] for row in compared(data)}:
        data["analysis"]["margins"].pop(DATA_QUALITY, None)
    if "sampling_budgets" not in data["analysis"]:
        data["analysis"]["margins"].pop("sampling_budget_tie", None)
    for prediction in data["predictions"].values():
        prediction.setdefault("suite", headline)
