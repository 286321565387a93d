"""Calls over APIs that planned jobs would make after the answers that are kept, and their cost in USD.

Where a job's inputs stand as they will be, its requests are looked up one by one. Where another job makes
them again first, or there are very many, every request of the design counts: an upper bound, said as such. A
call costs what this study's calls of that model cost on average, else the study's or litellm's price of the
most that it may use; else nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from skillift.audit.kept_answers import ReplayClient, kept_answers
from skillift.audit.plan import Job, Plan
from skillift.chat.models import ChatModel
from skillift.protocols import MAIN
from skillift.settings.chat_models import AskedTeacher
from skillift.settings.specs import DemonstrationsSpec, JudgeSpec, ParaphrasesSpec, ReferenceSpec
from skillift.stages import rule_named
from skillift.study.study import Study

if TYPE_CHECKING:
    from skillift.study.study import Run

CALL_BASES = {
    "measured": "what this study's calls of the model cost on average",
    "declared": "the study's price of the most that a call may use",
    "litellm": "litellm's price of the most that a call may use",
    "unknown": "unknown",
}
_MOST_LOOKED_UP = 100_000  # requests; rendering and hashing so many takes about ten seconds


@dataclass(frozen=True)
class JobCalls:
    """Calls of one planned job.

    Attributes:
        job: its name.
        rule: its rule.
        models: the models that it asks.
        calls: how many, at most where `at_most`.
        kept: answers that it would find kept.
        at_most: whether `calls` is the design's number and not that of the requests themselves.
        usd: their cost, None where nobody knows it.
        basis: a key of `CALL_BASES`.
    """

    job: str
    rule: str
    models: tuple[str, ...]
    calls: int
    kept: int
    at_most: bool
    usd: float | None
    basis: str


def planned_calls(plan: Plan, study: Study, answers: Path) -> list[JobCalls]:
    """What the planned jobs would ask, one entry for each job that asks a model behind an API.

    Args:
        plan: the plan.
        study: its study.
        answers: the file of kept answers; it may be missing.

    Raises:
        UserError: that file, a table or a template cannot be read.
    """
    asking = [job for job in plan.planned if _models(job, study)]
    if not asking:
        return []
    prices = _Prices(plan, study)
    remade = {path for job in plan.planned for path in job.outputs}
    looked_up = 0
    found = []
    with kept_answers(answers) as kept:
        for job in asking:
            models = _models(job, study)
            most = prices.most(job)
            client = None
            if looked_up + most <= _MOST_LOOKED_UP and _stands(job, remade):
                looked_up += most
                client = ReplayClient(kept)
                _replay(job, study, client)
            calls = most if client is None else len(client.missing)
            usd, basis = prices.of(job, calls)
            names = tuple(model.model for model in models)
            n_kept = 0 if client is None else client.found
            found.append(JobCalls(job.name, job.rule, names, calls, n_kept, client is None, usd, basis))
    return found


def _models(job: Job, study: Study) -> list[ChatModel]:
    """The models behind an API that a job asks."""
    match rule_named(job.rule).asks:
        case None:
            return []
        case "demonstrations":
            spec = study.demonstrations_spec()
            models = [ChatModel.from_entry(spec.judge)]
            if isinstance(spec.teacher, AskedTeacher):
                models.append(ChatModel.from_entry(spec.teacher))
        case "paraphrases":
            models = [ChatModel.from_entry(entry) for entry in (study.paraphraser,) if entry]
        case "episodes":
            models = [ChatModel.from_entry(study.reference_spec(job.wildcards["student"]).reference)]
        case _:
            models = [ChatModel.from_entry(study.declared.judges[job.wildcards["judge"]])]
    return [model for model in models if not model.offline]


def _stands(job: Job, remade: set[str]) -> bool:
    """Whether all that the job reads stands as it will be."""
    files = [path for paths in job.inputs.values() for path in paths]
    return not remade.intersection(files) and all(Path(path).exists() for path in files)


def _replay(job: Job, study: Study, client: ReplayClient) -> None:
    """Do the job's step with a client that only looks up."""
    from skillift.contracts.pipeline import EPISODES, SKILLS, TASKS
    from skillift.tables import read_table
    from skillift.tasks.suites import read_suites

    asked_for, told = rule_named(job.rule).asks, job.spec or ""
    if asked_for == "certification":
        from skillift.judging.certification import certify, read_cases

        certified = JudgeSpec.model_validate_json(told)
        model = ChatModel.from_entry(certified.judge)
        certify(certified.name, read_cases(job.file("cases")), model, _text(job.file("template")), client)
        return
    if asked_for == "paraphrases":
        from skillift.contracts.interventions import CHAINS
        from skillift.episodes.paraphrases import paraphrase_chains, read_template

        entry = ParaphrasesSpec.model_validate_json(told).paraphrase
        chains = read_table(Path(job.file("chains")), CHAINS)
        paraphrase_chains(chains, entry, read_template(job.file("template")), client)
        return
    tasks = read_suites(job.inputs["tasks"], TASKS)
    if asked_for == "verdicts":
        from skillift.judging.verdicts import judge_episodes

        judging = JudgeSpec.model_validate_json(told)
        model, template = ChatModel.from_entry(judging.judge), _text(job.file("template"))
        for path in job.inputs["episodes"]:
            episodes = read_table(Path(path), EPISODES)
            judge_episodes(episodes, tasks, model, template, client, protocols=judging.protocols)
        return
    skills, shown = read_suites(job.inputs["skills"], SKILLS), _text(job.file("task_template"))
    if asked_for == "episodes":
        from skillift.episodes.references import ask_reference

        asking = ReferenceSpec.model_validate_json(told)
        ask_reference(tasks, skills, asking, ChatModel.from_entry(asking.reference), client, shown)
    else:
        from skillift.corpus.demonstrations import demonstrate

        judge = _text(job.file("template"))
        teacher = _text(job.file("teacher_template")) if job.inputs.get("teacher_template") else None
        teaching = DemonstrationsSpec.model_validate_json(told)
        demonstrate(tasks, skills, teaching, shown, judge, client, teacher)


def _text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


class _Prices:
    """Calls of the design and their prices; the estimate of the whole study is made once, when asked for."""

    def __init__(self, plan: Plan, study: Study) -> None:
        self._plan, self._study = plan, study
        self._estimate: dict | None = None

    def _costs(self, job: Job) -> list:
        """The entries of the study's estimate (`costs.study_costs`) that this job has a share of."""
        if self._estimate is None:
            from skillift.costs.estimate import study_costs
            from skillift.episodes.study_tasks import tasks_of

            self._estimate = {cost.stage: cost for cost in study_costs(self._study, *tasks_of(self._study))}
        judge, student = job.wildcards.get("judge"), job.wildcards.get("student")
        asked_for = rule_named(job.rule).asks
        if asked_for is None:
            return []
        stages = {
            "demonstrations": ["demonstrations: teacher", "demonstrations: judge"],
            "episodes": [f"episodes: {student}"],
            "paraphrases": ["paraphrases"],
            "verdicts": [f"verdicts: {judge}"],
            "certification": [f"certification: {judge}"],
        }[asked_for]
        found = [self._estimate[stage] for stage in stages if stage in self._estimate]
        return [cost for cost in found if cost.basis != "offline"]

    def most(self, job: Job) -> int:
        """Calls of the job where no answer is kept."""
        total = sum(cost.calls for cost in self._costs(job))
        if rule_named(job.rule).asks == "paraphrases":
            return round(total * _share_of_chains(job, self._study))
        if rule_named(job.rule).asks != "verdicts":
            return total
        return round(total * _share(job, self._study))

    def of(self, job: Job, calls: int) -> tuple[float | None, str]:
        """USD of so many calls of the job, and a key of `CALL_BASES`."""
        measured = self._measured(job)
        if measured is not None:
            return calls * measured, "measured"
        costs = self._costs(job)
        n_calls = sum(cost.calls for cost in costs)
        if any(cost.usd is None for cost in costs):
            return (0.0 if not calls else None), "unknown"
        usd = sum(cost.usd for cost in costs) / n_calls * calls if n_calls else 0.0
        return usd, costs[0].basis if costs else "unknown"

    def _measured(self, job: Job) -> float | None:
        """Mean USD of this model's calls in the tables that stand, where its settings are what they were."""
        if rule_named(job.rule).asks not in ("verdicts", "certification", "paraphrases"):
            return None
        alike = [other for other in self._plan.jobs if other.rule == job.rule and _same_judge(other, job)]
        return _mean_cost([path for other in alike for path in other.outputs if path.endswith(".parquet")])


def _same_judge(other: Job, job: Job) -> bool:
    changed = any(trigger.kind == "spec" for trigger in other.triggers)
    return other.wildcards.get("judge") == job.wildcards.get("judge") and not changed


def _mean_cost(paths: Sequence[str]) -> float | None:
    import polars as pl

    standing = [path for path in paths if Path(path).exists()]
    if not standing:
        return None
    costs = pl.read_parquet(standing, columns=["cost_usd"])["cost_usd"]
    paid = costs.filter(costs > 0)
    return cast(float | None, paid.mean())


def _share(job: Job, study: Study) -> float:
    """The share of a judge's episodes that this job judges, by the checkpoints of its run."""

    def episodes(run: Run) -> int:
        return sum(
            study.answered_by(run, name) * len(each["suites"]) * len(each["conditions"]) * each["samples"]
            for name, each in study.protocols.items()
            if job.wildcards["judge"] in each["judges"]
        )

    total = sum(episodes(run) for run in study.runs)
    return episodes(study.run(job.wildcards["student"], job.wildcards["run"])) / total


def _share_of_chains(job: Job, study: Study) -> float:
    """The share of all chains that a run may have, by its checkpoints."""
    own = study.answered_by(study.run(job.wildcards["student"], job.wildcards["run"]), MAIN)
    return own / sum(study.answered_by(run, MAIN) for run in study.served_runs)
