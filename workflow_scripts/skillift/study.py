"""The study: what one file under `studies/` declares, checked, completed, and cut into the steps' settings.

`load_study` reads and checks the file before any job starts. A `Study` then answers what the workflow
asks: which students, runs, judges and scoring paths there are, and the `spec` of every step. A spec
holds what that step's result depends on and nothing else, in an order that does not follow the file's,
so an edit rebuilds exactly what it changes.
"""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from skillift.own_skills import skill_files
from skillift.study_checks import BASE, DEMONSTRATED, reference_problems
from skillift.study_loading import checked, load_config
from skillift.study_source import beside, read_source

__all__ = ["BASE", "Run", "Study", "load_config", "load_study"]

_LEAST_TASKS = {"per_skill": {"train": 0, "dev": 0, "holdout": 1}, "judge_scored": 0}
_CHAT_KEYS = ("model", "api_base", "temperature", "top_p", "max_tokens", "extra_body", "price")
_ESTIMATION_KEYS = ("confidence", "bootstrap_samples", "seed", "splits", "margins")
_CONDITION_ORDER = ("none", "curated", "placebo", "shuffled")


@dataclass(frozen=True, order=True)
class Run:
    """One run of one student: `base`, or one training by a recipe with a seed."""

    student: str
    run: str
    recipe: str | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Study:
    """A checked study.

    Attributes:
        path: the study file.
        data: its content with all defaults filled in, plain dicts and lists.
    """

    path: str
    data: dict

    @property
    def name(self) -> str:
        """The study's name, and its folder below the results."""
        return self.data["name"]

    @cached_property
    def students(self) -> list[str]:
        """Ids of the students, by tier."""
        return self._by_tier("students")

    @cached_property
    def references(self) -> list[str]:
        """Ids of the reference models, by tier."""
        return self._by_tier("references")

    @property
    def evaluated(self) -> list[str]:
        """Ids of the students and then of the reference models."""
        return [*self.students, *self.references]

    @cached_property
    def runs(self) -> list[Run]:
        """`base` of every evaluated model, then the declared trainings, by tier, recipe and seed."""
        trained = {
            Run(student, f"{entry['recipe']}-s{seed}", entry["recipe"], seed)
            for entry in self.data["runs"]
            for student in entry["students"]
            for seed in entry["seeds"]
        }
        order = {student: place for place, student in enumerate(self.students)}
        base = [Run(student, BASE) for student in self.evaluated]
        return base + sorted(trained, key=lambda run: (order[run.student], run.recipe, run.seed))

    @property
    def trained_runs(self) -> list[Run]:
        """The runs that are trainings."""
        return [run for run in self.runs if run.recipe is not None]

    @property
    def judges(self) -> list[str]:
        """Ids of the judges, sorted."""
        return sorted(self.data["judges"])

    @property
    def primary_judge(self) -> str:
        """Id of the judge that passes demonstrations and scores tasks without an extractor."""
        return self.data["primary_judge"]

    @property
    def paths(self) -> list[str]:
        """The scoring paths: `bench`, then `judge:<id>` of every judge."""
        return ["bench", *(f"judge:{judge}" for judge in self.judges)]

    @property
    def corpora(self) -> list[str]:
        """Ids of the corpora that a declared run trains on, sorted."""
        return sorted({self.data["recipes"][run.recipe]["corpus"] for run in self.trained_runs})

    def run(self, student: str, run: str) -> Run:
        """The run of that student and name.

        Raises:
            KeyError: the study declares no such run.
        """
        for known in self.runs:
            if (known.student, known.run) == (student, run):
                return known
        raise KeyError(f"{self.path}: no run {run} of {student}")

    def model(self, student: str) -> dict:
        """The entry of a student or reference model."""
        return self.data["students"].get(student) or self.data["references"][student]

    def students_from(self, source: str) -> list[str]:
        """Ids of the evaluated models with that `source`: `scratch`, `path`, `hub` or `api`."""
        return [name for name in self.evaluated if self.model(name)["source"] == source]

    def corpus_of(self, run: str) -> str:
        """Id of the corpus that a trained run, such as `sft-s0`, is trained on."""
        return self.data["recipes"][run.rsplit("-s", 1)[0]]["corpus"]

    def own_files(self) -> dict[str, str]:
        """Paths of the own tasks and skills, by `tasks` and `skills`; empty for the task pack."""
        files = self.data["tasks"].get("files", {})
        return {name: beside(self.path, declared) for name, declared in files.items()}

    def own_inputs(self) -> dict[str, list[str]]:
        """The files behind `own_files`: of a folder of skills, its `SKILL.md` files."""
        own = self.own_files()
        return {name: skill_files(path) if Path(path).is_dir() else [path] for name, path in own.items()}

    def model_folder(self, student: str) -> str:
        """The model folder of a student with `source: path`."""
        return beside(self.path, self.model(student)["path"])

    def model_files(self, student: str) -> list[str]:
        """The files in that folder, sorted."""
        folder = Path(self.model_folder(student))
        return sorted(path.as_posix() for path in folder.rglob("*") if path.is_file())

    def judge_template(self, judge: str) -> str:
        """File name of a judge's prompt template in `workflow_scripts/prompts/`."""
        return self.data["judges"][judge]["template"]

    @property
    def teacher_template(self) -> str | None:
        """File name of the template of what a teacher behind an API is asked; None for other teachers."""
        teacher = self.data.get("teacher", {})
        return teacher["template"] if teacher.get("kind") == "api" else None

    def demonstrated_as_is(self, corpus: str) -> bool:
        """Whether a corpus is trained on under the prompts that its demonstrations were written to."""
        return self.data["corpora"][corpus]["condition"] == DEMONSTRATED

    # The specs of the steps -------------------------------------------------------------------------

    def tasks_spec(self) -> dict:
        """What the tasks and skills are made of."""
        return copy.deepcopy(self.data["tasks"])

    def tokenizer_spec(self) -> dict:
        """What the tokenizer of students from scratch depends on; with own tasks it is the tiny pack's."""
        return {"difficulty": self.data["tasks"].get("pack", {"difficulty": "tiny"})["difficulty"]}

    def pretrain_spec(self, student: str) -> dict:
        """How a student with `source: scratch` is made; `pack` is None with own tasks.

        Pre-training leaves out the lists that the pack's seed holds out, whatever number of tasks is made of
        them: so the numbers of tasks stand at their least, and editing them makes no student anew.
        """
        model = self.model(student)
        parts = {name: model[name] for name in ("architecture", "pretraining")}
        pack = self.data["tasks"].get("pack")
        return copy.deepcopy({**parts, "pack": pack and {**pack, **_LEAST_TASKS}})

    def import_spec(self, student: str) -> dict:
        """How a student with `source: path` is taken in; its files enter as they are."""
        return {"source": self.model(student)["source"]}

    def hub_spec(self, student: str) -> dict:
        """Which model of the hub a student with `source: hub` is."""
        model = self.model(student)
        declared = {name: model[name] for name in ("model", "digests") if name in model}
        return {"name": student, "revision": model.get("revision", "main"), **declared}

    def demonstrations_spec(self) -> dict:
        """How demonstrations are written and judged; prompts have the condition `curated`."""
        teacher = {name: value for name, value in self.data["teacher"].items() if name != "template"}
        left_out = ("corrupted_share", "seed") if teacher["kind"] == "api" else _CHAT_KEYS
        return {
            "teacher": copy.deepcopy({name: teacher[name] for name in teacher if name not in left_out}),
            "condition": DEMONSTRATED,
            "judge": self.judge_spec(self.primary_judge)["judge"],
            "seed": self.data["prompt_seed"],
        }

    def corpus_spec(self, corpus: str) -> dict:
        """How a corpus is selected from the demonstrations."""
        return {**self.data["corpora"][corpus], "prompt_seed": self.data["prompt_seed"]}

    def train_spec(self, student: str, run: str) -> dict:
        """How a run is trained; its corpus and student enter as files."""
        found = self.run(student, run)
        recipe = copy.deepcopy(self.data["recipes"][found.recipe])
        del recipe["corpus"]
        inference = self.data["inference"]
        return {**recipe, "seed": found.seed, **{name: inference[name] for name in ("precision", "thinking")}}

    def episodes_spec(self, student: str, run: str) -> dict:
        """What a run is asked, and how it answers."""
        found = self.run(student, run)
        inference = {**self.data["inference"], "suites": sorted(self.data["inference"]["suites"])}
        return {
            "conditions": self.conditions,
            "prompt_seed": self.data["prompt_seed"],
            "inference": inference,
            "student": student,
            "run": run,
            "checkpoints": list(self.data["recipes"][found.recipe]["checkpoints"]) if found.recipe else [0],
        }

    def served_spec(self, student: str, run: str) -> dict:
        """How what is served is compared with what was trained."""
        return {"student": student, "run": run, "precision": self.data["inference"]["precision"]}

    def reference_spec(self, reference: str) -> dict:
        """What a reference model behind an API is asked, and how it answers.

        It samples as the students do, unless its entry says otherwise.
        """
        entry, inference = self.model(reference), self.data["inference"]
        chat = {name: entry[name] for name in _CHAT_KEYS if name in entry}
        inherited = {name: inference[name] for name in ("temperature", "max_tokens")}
        if inference["top_p"] < 1:  # 1 says nothing, and some providers refuse it beside a temperature
            inherited["top_p"] = inference["top_p"]
        return {
            "name": reference,
            "conditions": self.conditions,
            "prompt_seed": self.data["prompt_seed"],
            "suites": sorted(inference["suites"]),
            "samples": inference["samples"],
            "reference": copy.deepcopy({**inherited, **chat}),
        }

    @property
    def conditions(self) -> list[str]:
        """The study's conditions, in the order of the vocabulary."""
        return [name for name in _CONDITION_ORDER if name in self.data["conditions"]]

    def judge_spec(self, judge: str) -> dict:
        """What a judge's verdicts, its certification and their cost depend on."""
        return {"name": judge, "judge": copy.deepcopy(self.data["judges"][judge])}

    def rates_spec(self) -> dict:
        """How the error rates of certified judges are computed."""
        return {"confidence": self.data["analysis"]["confidence"]}

    def scores_spec(self) -> dict:
        """Which judges' verdicts become scoring paths."""
        return {"judges": self.judges, "primary_judge": self.primary_judge}

    def analysis_spec(self) -> dict:
        """How effects are estimated, and over which runs."""
        analysis = self.data["analysis"]
        return {
            "analysis": {name: copy.deepcopy(analysis[name]) for name in _ESTIMATION_KEYS},
            "runs": [asdict(run) for run in sorted(self.runs, key=lambda run: (run.student, run.run))],
        }

    def figures_spec(self) -> dict:
        """What figures and published tables show: the headline path, tiers and labels too."""
        models = {name: self.model(name) for name in sorted(self.evaluated)}
        analysis = self.data["analysis"]
        return {
            "analysis": {name: value for name, value in analysis.items() if name != "effect_of_interest"},
            "primary_judge": self.primary_judge,
            "students": {
                name: {"label": model["label"], "tier": model["tier"]} for name, model in models.items()
            },
            "references": sorted(self.references),
            "runs": self.analysis_spec()["runs"],
            "figures": dict(self.data["figures"]),
        }

    def browser_spec(self) -> dict:
        """What the episode browser shows besides the tables."""
        shown = self.figures_spec()
        return {
            "name": self.name,
            "headline_path": self.data["analysis"]["headline_path"],
            "prompt_seed": self.data["prompt_seed"],
            **{name: shown[name] for name in ("students", "references", "runs")},
        }

    def _by_tier(self, section: str) -> list[str]:
        return sorted(self.data[section], key=lambda name: (self.data[section][name]["tier"], name))


def load_study(path: Path | str) -> Study:
    """Read, check and complete a study file.

    Raises:
        UserError: everything that is wrong with the file, one line each: file, line, key, what was found,
            what was expected, the mend.
    """
    data = checked(read_source(path, "study file"), "study", reference_problems)
    _complete(data)
    return Study(str(path), data)


def _complete(data: dict) -> None:
    """Defaults that hang on other keys: labels, and the headline path."""
    for section in ("students", "references"):
        for name, model in data[section].items():
            model.setdefault("label", name)
    data["analysis"].setdefault("headline_path", f"judge:{data['primary_judge']}")
