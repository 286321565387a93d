"""What a base model prefers before any training: right answers to tasks, or the same answers made wrong.

Pairs are made of the worked solution of a task and of that solution with another answer on the last lines
that end in the reference (`skillift.corpus.teachers.corrupt`), as long in the student's own tokens: a sum of
log-probabilities falls with length, so a longer answer would lose by that alone. Of both the ANSWER line
alone may be taken, which no step before it tells. Both stand behind the prompt
that the student is asked with. The engine that scores them answers the same tasks, too: their pass rate is
the rival of what is preferred (`skillift.statistics.forecast`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from skillift.corpus.candidates import order, response_in
from skillift.corpus.teachers import corrupt, wrong_answers
from skillift.engines.interface import RunOptions
from skillift.engines.probes import BASE_STEP, PROBE_SCHEMA, TOLERANCE, Probe
from skillift.episodes.answering import answer
from skillift.episodes.asked import messages_of_suites
from skillift.judging.scoring import scored_by_program
from skillift.settings.specs import DiscriminationSpec
from skillift.students.chat_format import trained_tokens
from skillift.students.model_folders import end_tokens, load_tokenizer

PAIRS_OF_A_TASK = 4  # at most: more tell little, and each is a sequence to score
_SCHEMA = {
    "task_id": pl.String,
    "n_pairs": pl.Int64,
    "n_ties": pl.Int64,
    "preferred": pl.Float64,
    "margin": pl.Float64,
}


def discrimination(
    tasks: pl.DataFrame,
    skills: pl.DataFrame,
    spec: DiscriminationSpec,
    model: Path,
    options: RunOptions,
    template: str | None = None,
) -> pl.DataFrame:
    """The table DISCRIMINATION: of each task which answers the base model prefers, and whether it passes.

    Args:
        tasks: a frame that keeps the contract TASKS.
        skills: a frame that keeps the contract SKILLS.
        spec: one suite under one condition, asked of the base model.
        model: its folder.
        options: how the engine is run.
        template: the text of the task template; `prompts/task.jinja` by default.

    Raises:
        UserError: no task in the suite; see also `episodes.answering.answer`.
    """
    inference = spec.inference
    asked = tasks.filter(pl.col("suite").is_in(inference.suites)).sort("task_id")
    messages = messages_of_suites(asked, skills, inference.suites, spec, template)
    tokenizer, contents = load_tokenizer(model), dict(messages.select("task_id", "content").iter_rows())
    ends, thinking, date = end_tokens(model, tokenizer), inference.thinking, inference.today

    def tokens_of(task_id: str, response: str) -> Probe:
        return Probe(*trained_tokens(tokenizer, contents[task_id], response, thinking, ends, date))

    sets = {
        row["task_id"]: answers_to(row, asked, tokens_of, spec.prompt_seed, spec.answers)
        for row in asked.to_dicts()
    }
    found = answer(tasks, skills, spec, {BASE_STEP: model}, options, template, _as_probes(sets), model)
    preferred = preferences(sets, found.served, TOLERANCE[inference.precision])
    scores = scored_by_program(found.episodes, asked)
    passed = scores.group_by("task_id").agg(passed=pl.col("passed").cast(pl.Float64).mean())
    known = asked.select("task_id", "skill_id").join(preferred, on="task_id")
    return known.join(passed, on="task_id", how="left").sort("task_id")


def answers_to(
    task: Mapping,
    tasks: pl.DataFrame,
    tokens_of: Callable[[str, str], Probe],
    seed: int,
    form: str | None = None,
) -> list[Probe]:
    """The right answer to a task, and then wrong ones with as many tokens; none where there is no such pair.

    Args:
        task: a row of TASKS.
        tasks: the suite's, whose references make wrong answers where those of the task itself do not.
        tokens_of: an answer to a task of that id as token ids.
        seed: of the choice among wrong answers.
        form: `answer_only`, or None where answers are worked.
    """
    solution = response_in(form or "worked", (task["worked_solution"] or "").rstrip())
    if not solution:
        return []
    right = tokens_of(task["task_id"], solution)
    found = [right]
    for wrong in _made_wrong(task, solution, tasks, seed):
        probe = tokens_of(task["task_id"], wrong)
        if len(probe.response) == len(right.response) and probe not in found:
            found.append(probe)
        if len(found) > PAIRS_OF_A_TASK:
            break
    return found if len(found) > 1 else []


def _made_wrong(task: Mapping, solution: str, tasks: pl.DataFrame, seed: int) -> Iterator[str]:
    """The solution with other answers: first its own items in another order, mostly of as many tokens."""
    reference, kind = task["reference"], task["answer_type"]
    of_skill = tasks.filter(skill_id=task["skill_id"])["reference"].to_list()
    own = set(wrong_answers(reference, [], kind))
    for choices in (own, {*wrong_answers(reference, of_skill, kind)} - own):
        for wrong in sorted(choices, key=lambda each: order(seed, f"{task['task_id']}\x1f{each}")):
            made = corrupt(solution, reference, wrong)
            if made.count("\n") == solution.count("\n"):  # else a line was put after it
                yield made


def _as_probes(sets: Mapping[str, Sequence[Probe]]) -> pl.DataFrame:
    """The table PROBES at the base model: `attempt` 0 is the right answer, others are wrong ones."""
    rows: list[tuple] = [
        (BASE_STEP, task_id, place, *probe, [])
        for task_id, answers in sorted(sets.items())
        for place, probe in enumerate(answers)
    ]
    return pl.DataFrame(rows, schema=PROBE_SCHEMA, orient="row")


def preferences(sets: Mapping[str, Sequence[Probe]], served: pl.DataFrame, tolerance: float) -> pl.DataFrame:
    """Of each task the share of its pairs whose right answer has the higher log-probability; a tie is half.

    Args:
        sets: of each task its answers as token ids, the right one first.
        served: contract SERVED: log-probabilities of their tokens (nats), `attempt` as in the sets.
        tolerance: mean difference of a token, from the first one in which two answers differ, up to which
            they tie: what rounding explains. What both have in common before it counts for neither.

    Returns:
        task_id, n_pairs, n_ties, preferred and margin (mean difference of the sums, nats), both null without
        a pair.
    """
    scores = {(task_id, place): values for _, task_id, place, values in served.iter_rows()}
    rows = []
    for task_id, answers in sets.items():
        apart = [_apart(answers, place, scores, task_id) for place in range(1, len(answers))]
        ties = [abs(difference) <= tolerance * n_tokens for difference, n_tokens in apart]
        won = [0.5 if tie else float(pair[0] > 0) for pair, tie in zip(apart, ties, strict=True)]
        sums = [difference for difference, _ in apart]
        means = [sum(values) / len(values) if values else None for values in (won, sums)]
        rows.append((task_id, len(apart), sum(ties), *means))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _apart(
    answers: Sequence[Probe], place: int, scores: Mapping[tuple[str, int], list[float]], task_id: str
) -> tuple[float, int]:
    """By how much the right answer is more probable than another (nats), and over how many tokens."""
    pairs = zip(answers[0].response, answers[place].response, strict=True)
    first = next(number for number, (one, other) in enumerate(pairs) if one != other)
    right, wrong = (scores[task_id, attempt][first:] for attempt in (0, place))
    return sum(right) - sum(wrong), len(right)
