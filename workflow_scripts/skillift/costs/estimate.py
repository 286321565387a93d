"""What a study's calls over APIs would cost at most: by stage and model, before anything is asked.

Made from the study, its tasks and its prompt templates. Calls are counted from the design, prompts are
rendered and counted as the budget counts them (`skillift.chat.budget`); how long responses and verdicts will
be is assumed, and said. Prices are the study's, else litellm's local map, which comes with the installed
version. Kept answers, equal requests, which are asked once, and repair requests are left out of the count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from skillift.chat.budget import count_tokens
from skillift.chat.client import ChatModel, ChatRequest
from skillift.chat.completions import declared_price
from skillift.corpus.teachers import compile_teacher_template
from skillift.episodes.asked import messages_of_suites
from skillift.episodes.references import ways_to_ask
from skillift.judging.certification import read_cases
from skillift.judging.verdicts import Candidate, render_judge_prompt
from skillift.protocols import MAIN
from skillift.settings.chat_models import PARAPHRASER, ApiTeacher, Paraphraser
from skillift.study.study import Study
from skillift.tasks.prompts import messages_for

PROMPTS = Path(__file__).resolve().parents[2] / "assets" / "prompts"
VERDICT_TOKENS = 60  # a judge's JSON object with a short conclusion; more where a model thinks before it

BASES = {
    "declared": "as declared",
    "litellm": "litellm's map",
    "offline": "a program: free",
    "unknown": "unknown",
}


@dataclass(frozen=True)
class Cost:
    """Calls of one model in one stage, tokens of them all; `usd` is None where nobody knows the price."""

    stage: str
    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    usd: float | None
    basis: str


def cost_of_calls(stage: str, model: ChatModel, calls: int, input_tokens: int, output_tokens: int) -> Cost:
    """The cost of calls that have so many tokens together; `basis` is a key of `BASES`."""
    price = declared_price(model)
    if model.offline:
        basis = "offline"
    elif model.price is not None:
        basis = "declared"
    else:
        basis = "unknown" if price is None else "litellm"
    usd = None if price is None else (input_tokens * price[0] + output_tokens * price[1]) / 1e6
    return Cost(stage, model.model, calls, input_tokens, output_tokens, usd, basis)


def study_costs(
    study: Study,
    tasks: pl.DataFrame,
    skills: pl.DataFrame,
    response_tokens: int | None = None,
    verdict_tokens: int = VERDICT_TOKENS,
) -> list[Cost]:
    """What the calls of a study would cost at most, in the order of its stages.

    Args:
        study: the study.
        tasks: keeps the contract TASKS.
        skills: keeps the contract SKILLS.
        response_tokens: of an episode's response, as judges see it; the most that the model may write by
            default.
        verdict_tokens: of a judge's reply.

    Raises:
        UserError: a template is not usable, or a suite has no tasks.
    """
    judges = {
        name: ChatModel.from_entry(entry, f"judges.{name}") for name, entry in study.declared.judges.items()
    }
    costs = []
    entry = study.declared.teacher
    if study.corpora and entry is not None:
        train = tasks.filter(pl.col("suite") == "train")
        primary, length = judges[study.primary_judge], study.data["inference"]["max_tokens"]
        if isinstance(entry, ApiTeacher):
            costs.append(_teacher_cost(study, entry, train, skills))
            length = entry.max_tokens
        template = _read(study.judge_template(study.primary_judge))
        asked = _judged(primary, template, train, length)
        calls = train.height * entry.asks_at_most
        costs.append(_times("demonstrations: judge", primary, calls, asked, verdict_tokens))
    costs += [_reference_cost(study, name, tasks, skills) for name in study.students_from("api")]
    if paraphraser := study.paraphraser:
        costs.append(_paraphrase_cost(study, paraphraser, tasks, response_tokens))
    cases = read_cases(PROMPTS / "certification.yaml")
    for name, model in sorted(judges.items()):
        template = _read(study.judge_template(name))
        prompts = [render_judge_prompt(case.candidate, template) for case in cases]
        asked = _mean_tokens(model, prompts)
        costs.append(_times(f"certification: {name}", model, len(cases), asked, verdict_tokens))
        calls, tokens = 0, 0.0
        for protocol, asked_so in study.protocols.items():
            if name in asked_so["judges"]:
                answered = tasks.filter(pl.col("suite").is_in(asked_so["suites"]))
                lengths = _lengths_of_responses(study, protocol, response_tokens)
                n_episodes, length = answered.height * len(lengths), sum(lengths) / max(1, len(lengths))
                calls += n_episodes
                tokens += n_episodes * _judged(model, template, answered, length)
        costs.append(_times(f"verdicts: {name}", model, calls, tokens / max(1, calls), verdict_tokens))
    return costs


def _teacher_cost(study: Study, teacher: ApiTeacher, train: pl.DataFrame, skills: pl.DataFrame) -> Cost:
    model = ChatModel.from_entry(teacher, "teacher")
    template = compile_teacher_template(_read(teacher.template))
    spec = study.demonstrations_spec()
    shown = messages_for(train, skills, [spec.condition], spec.seed)["content"]
    asked = _mean_tokens(model, [template.render(prompt=content) for content in shown])
    calls = train.height * teacher.asks_at_most
    return _times("demonstrations: teacher", model, calls, asked, teacher.max_tokens)


def _reference_cost(study: Study, name: str, tasks: pl.DataFrame, skills: pl.DataFrame) -> Cost:
    spec = study.reference_spec(name)
    model = ChatModel.from_entry(spec.reference, f"references.{name}")
    calls, tokens, most = 0, 0.0, 0
    for suites, conditions, samples, reference in ways_to_ask(spec):
        asked = messages_of_suites(tasks, skills, suites, spec)
        content = asked.filter(pl.col("condition").is_in(conditions))["content"].to_list()
        n_calls = len(content) * samples
        calls += n_calls
        tokens += n_calls * _mean_tokens(model, content)
        most += n_calls * (reference.max_tokens or study.data["inference"]["max_tokens"])
    if model.offline:
        return cost_of_calls(f"episodes: {name}", model, calls, 0, 0)
    return cost_of_calls(f"episodes: {name}", model, calls, round(tokens), most)


def _paraphrase_cost(
    study: Study, paraphraser: Paraphraser, tasks: pl.DataFrame, response_tokens: int | None
) -> Cost:
    """As if each answer had a chain as long as itself, and no two the same."""
    model = ChatModel.from_entry(paraphraser, PARAPHRASER)
    main, altering = study.protocols[MAIN], study.data["inference"]["interventions"]
    answered = tasks.filter(pl.col("suite").is_in(main["suites"])).height
    times = sum(study.answered_by(run, MAIN) for run in study.served_runs)
    calls = answered * times * len(altering["conditions"]) * main["samples"]
    asked = _mean_tokens(model, [_read(paraphraser.template)]) + (response_tokens or main["max_tokens"])
    return _times("paraphrases", model, calls, asked, paraphraser.max_tokens)


def _lengths_of_responses(study: Study, protocol: str, response_tokens: int | None) -> list[int]:
    """Most tokens of each response to one task: of all runs, checkpoints, conditions and samples."""
    entry = study.protocols[protocol]
    lengths = []
    for run in study.runs:
        own = study.model(run.student).get("max_tokens", entry["max_tokens"])
        lengths += [response_tokens or own] * study.answered_by(run, protocol)
    return lengths * (len(entry["conditions"]) * entry["samples"])


def _judged(model: ChatModel, template: str, tasks: pl.DataFrame, response_tokens: float) -> float:
    """Mean tokens of a judge's prompt on these tasks, with a response of that length."""
    rows = tasks.select("prompt", "reference").iter_rows()
    return (
        _mean_tokens(
            model,
            [render_judge_prompt(Candidate(prompt, reference, ""), template) for prompt, reference in rows],
        )
        + response_tokens
    )


def _mean_tokens(model: ChatModel, prompts: Sequence[str]) -> float:
    if model.offline or not prompts:
        return 0.0
    counted = (count_tokens(ChatRequest(model, [{"role": "user", "content": text}]))[0] for text in prompts)
    return sum(counted) / len(prompts)


def _times(stage: str, model: ChatModel, calls: int, input_tokens: float, output_tokens: int) -> Cost:
    if model.offline:
        return cost_of_calls(stage, model, calls, 0, 0)
    return cost_of_calls(stage, model, calls, round(calls * input_tokens), calls * output_tokens)


def _read(template: str) -> str:
    return (PROMPTS / template).read_text(encoding="utf-8")


def cost_table(costs: Sequence[Cost]) -> str:
    """The costs as a Markdown table, with the total of those that are known."""
    lines = ["| stage | model | calls | input tokens | output tokens | USD | price from |"]
    lines.append("| --- | --- | ---: | ---: | ---: | ---: | --- |")
    for cost in costs:
        usd = "unknown" if cost.usd is None else f"{cost.usd:.2f}"
        numbers = " | ".join(f"{number:,}" for number in (cost.calls, cost.input_tokens, cost.output_tokens))
        lines.append(f"| {cost.stage} | {cost.model} | {numbers} | {usd} | {BASES[cost.basis]} |")
    total = sum(cost.usd or 0.0 for cost in costs)
    unknown = sum(cost.usd is None for cost in costs)
    beside = f", and {unknown} of unknown price" if unknown else ""
    calls, *tokens = (
        f"{sum(getattr(cost, name) for cost in costs):,}"
        for name in ("calls", "input_tokens", "output_tokens")
    )
    lines.append(f"| all{beside} | | {calls} | {tokens[0]} | {tokens[1]} | {total:.2f} | |")
    return "\n".join(lines) + "\n"
