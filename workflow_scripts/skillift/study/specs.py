"""The `spec` of every step: what its result depends on and nothing else, cut out of a study.

In an order that does not follow the file's, so an edit rebuilds exactly what it changes.
"""

from __future__ import annotations

import copy
from typing import Any

from skillift.settings.chat_models import AskedModel
from skillift.settings.specs import (
    AnsweringSpec,
    AskedProtocol,
    CorpusSpec,
    DemonstrationsSpec,
    DiscriminationSpec,
    EmulatedSpec,
    EpisodesSpec,
    JudgeSpec,
    ParaphrasesSpec,
    RatesSpec,
    ReferenceProtocol,
    ReferenceSpec,
    RunName,
    ScoresSpec,
    ServedSpec,
    TrainSpec,
)
from skillift.settings.values import DEFAULT_DATE
from skillift.study.checks import BASE, DEMONSTRATED
from skillift.study.declared import Run, filler_of
from skillift.study.emulation import EMULATED
from skillift.study.protocols import chosen_steps
from skillift.study.result_specs import ResultSpecs
from skillift.study.student_specs import StudentSpecs

_PROTOCOL_KEYS = ("conditions", "samples", "temperature", "top_p", "max_tokens", "seed")
_CHAT_KEYS = ("model", "api_base", "temperature", "top_p", "max_tokens", "extra_body", "price")


class Specs(StudentSpecs, ResultSpecs):
    """The specs of a `skillift.study.study.Study`, which is one."""

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
        shown = filler_of(self, [declared["condition"]])
        return CorpusSpec(**declared, prompt_seed=self.data["prompt_seed"], **shown)

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
        inference.pop("protocols", None)
        inference |= self._date(student)
        if "paraphrase" in (altering := inference.get("interventions", {})):
            own = {name: value for name, value in altering.items() if name != "paraphrase"}
            inference["interventions"] = own | {"second_pass": True}
        recipe, borrowed = self.data["recipes"].get(found.recipe), self.borrowed_from(found)
        if recipe is None or not _has_adapter(recipe):
            del inference["adapters"]
        return EpisodesSpec(
            **({"shards": shards} if shards > 1 else {}),
            conditions=self.conditions,
            prompt_seed=self.data["prompt_seed"],
            **filler_of(self, self.conditions),
            inference=AnsweringSpec(**inference),
            student=student,
            run=run,
            **self._asked_checkpoints(found),
            **self._emulated(found.recipe, borrowed),
        )

    def paraphrases_spec(self) -> ParaphrasesSpec:
        """What the paraphrases of a chat model depend on; the chains enter as files."""
        return ParaphrasesSpec(paraphrase=self.data["inference"]["interventions"]["paraphrase"])

    def forecast_spec(self, student: str) -> DiscriminationSpec:
        """What a student is asked before training, to foretell its lift: one suite under `curated`."""
        asked = self.episodes_spec(student, BASE).model_dump()
        for name in ("shards", "filler", "protocols"):
            asked.pop(name, None)
        for name in ("log_probabilities", "interventions"):
            asked["inference"].pop(name, None)
        declared = self.data["analysis"]["forecast"]
        asked["inference"]["suites"] = [declared["suite"]]
        form = {name: declared[name] for name in ("answers",) if name in declared}
        return DiscriminationSpec(**{**asked, "conditions": [DEMONSTRATED]}, **form)

    def _asked_checkpoints(self, run: Run) -> dict:
        """At which checkpoints a run answers, and where the study declares protocols, under which at each."""
        steps = self.checkpoints_of(run)
        if not self.has_protocols:
            return {"checkpoints": steps}
        asked = []
        for name, protocol in self.protocols.items():
            if run.student not in self.references or run.student in protocol["references"]:
                own = {key: protocol[key] for key in _PROTOCOL_KEYS}
                own |= {"suites": sorted(protocol["suites"]), "checkpoints": chosen_steps(protocol, steps)}
                asked.append(AskedProtocol(name=name, **own))
        answering = [step for step in steps if any(step in protocol.checkpoints for protocol in asked)]
        return {"checkpoints": answering, "protocols": asked}

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
        inference = self.data["inference"]
        protocols = [
            ReferenceProtocol(
                name=name,
                suites=sorted(protocol["suites"]),
                conditions=protocol["conditions"],
                samples=protocol["samples"],
                reference=self._asked_reference(reference, protocol),
            )
            for name, protocol in self.protocols.items()
            if reference in protocol["references"]
        ]
        several: dict[str, Any] = {"protocols": protocols} if self.has_protocols else {}
        return ReferenceSpec(
            name=reference,
            conditions=self.conditions,
            prompt_seed=self.data["prompt_seed"],
            **filler_of(self, self.conditions),
            suites=self.suites,
            samples=inference["samples"],
            reference=self._asked_reference(reference, inference),
            **several,
        )

    def _asked_reference(self, reference: str, sampling: dict) -> AskedModel:
        """A reference model that samples as `sampling` says, unless its entry says otherwise."""
        entry = self.model(reference)
        chat = {name: entry[name] for name in _CHAT_KEYS if name in entry}
        inherited = {name: sampling[name] for name in ("temperature", "max_tokens")}
        if sampling["top_p"] < 1:  # 1 says nothing, and some providers refuse it beside a temperature
            inherited["top_p"] = sampling["top_p"]
        return AskedModel(**(inherited | chat))

    def judge_spec(self, judge: str) -> JudgeSpec:
        """What a judge's certification and its cost depend on."""
        return JudgeSpec(name=judge, judge=self.data["judges"][judge])

    def verdicts_spec(self, judge: str) -> JudgeSpec:
        """What a judge's verdicts depend on: the protocols that it judges, too, where these are not all."""
        judged = [name for name, protocol in self.protocols.items() if judge in protocol["judges"]]
        some = {} if len(judged) == len(self.protocols) else {"protocols": judged}
        return JudgeSpec(name=judge, judge=self.data["judges"][judge], **some)

    def rates_spec(self) -> RatesSpec:
        """How the error rates of certified judges are computed."""
        return RatesSpec(confidence=self.data["analysis"]["confidence"], judges=self.judges)

    def scores_spec(self) -> ScoresSpec:
        """Which judges' verdicts become scoring paths, and of which runs."""
        runs = [RunName(student=run.student, run=run.run) for run in sorted(self.runs)]
        judges = {name: protocol["judges"] for name, protocol in self.protocols.items()}
        declared = {"protocols": judges} if self.has_protocols else {}
        return ScoresSpec(judges=self.judges, primary_judge=self.primary_judge, runs=runs, **declared)


def _has_adapter(recipe: dict) -> bool:
    return isinstance(recipe["trainable"], dict) and "lora" in recipe["trainable"]
