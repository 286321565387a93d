"""How verdicts are analysed and shown: their part of `skillift.study.specs`."""

from __future__ import annotations

import copy
from dataclasses import asdict
from typing import Any

from skillift.settings.analysis_specs import (
    AnalysisSettings,
    AnalysisSpec,
    FiguresSpec,
    FindingsSpec,
    ShownAnalysis,
    ShownFigures,
)
from skillift.settings.publication_specs import BrowserSpec, DeclaredRun, Labelled
from skillift.settings.values import VARIANTS
from skillift.study.compared import compared
from skillift.study.declared import Declared, filler_of
from skillift.study.emulation import EMULATED
from skillift.study.headline import HOLDOUT

_ESTIMATION_KEYS = (
    "confidence",
    "bootstrap_samples",
    "seed",
    "splits",
    "margins",
    "trajectory",
    "depth",
    "constraint_ceiling",
    "forecast",
    "sampling_budgets",
)


class ResultSpecs(Declared):
    """The specs of the steps that analyse verdicts and show what they found."""

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
            **({"borrowed": rows} if (rows := self._emulations().get("emulated")) else {}),
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
        withheld: dict[str, Any] = {}
        if "withheld" in self.data:
            withheld["withheld"] = sorted(self.data["withheld"])
        return BrowserSpec(
            name=self.name,
            students=shown.students,
            references=sorted(self.references),
            runs=shown.runs,
            headline_path=self.data["analysis"]["headline_path"],
            prompt_seed=self.data["prompt_seed"],
            **filler_of(self, self.conditions),
            judges=self.judges,
            **withheld,
        )
