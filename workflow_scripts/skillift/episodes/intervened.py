"""Answers after interventions: a student's own chains of thought are put back altered, and it answers again.

Runs in the job that answers, in the same engine, after all that the job does without interventions: each
suite, kind and cut is a call of its own, so no answer depends on which others are asked. Answers are greedy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from skillift.answers.comparison import answer_groups
from skillift.contracts.interventions import INTERVENED
from skillift.contracts.pipeline import key_of
from skillift.engines.interface import Completion, Engine, Sampling
from skillift.episodes.answered import Answered, Episode
from skillift.episodes.interventions import (
    AT_CUTS,
    FORCED,
    MISTAKE,
    OTHER,
    PARAPHRASE,
    Altered,
    Chain,
    alter,
    chain_of,
)
from skillift.processes.progress import part
from skillift.scorers.answer_line import answer_lines, first_answer_line
from skillift.students.chat_format import answer_text

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from skillift.settings.specs import AlteringSpec, AnsweringSpec

WHOLE = 1.0  # the cut of what is of the whole chain
_SPARE = 8  # tokens of a forced answer beyond twice the longest that the student gave
_GROUP = 8  # limits below the most that an answer may have are rounded down to so many tokens


class TaskType(NamedTuple):
    """What is read of a task."""

    skill_id: str
    answer_type: str


def answers_again(
    engine: Engine,
    tokenizer: PreTrainedTokenizerBase,
    step: int,
    episodes: Sequence[Answered],
    tasks: pl.DataFrame,
    inference: AnsweringSpec,
    max_model_len: int,
) -> pl.DataFrame:
    """The table INTERVENED of one checkpoint; without paraphrases where a second pass forces these.

    Args:
        engine: the student's.
        tokenizer: likewise.
        step: of the checkpoint.
        episodes: what it has answered, of all conditions.
        tasks: contract TASKS.
        inference: the run's, with `interventions`.
        max_model_len: most tokens of prompt and answer together.
    """
    altering = inference.interventions
    if altering is None:
        raise ValueError("answers to be altered, and no interventions")
    asked = [each for each in episodes if each.condition in altering.conditions]
    rows: list[tuple] = []
    for suite in dict.fromkeys(each.suite for each in asked):
        of_suite = [each for each in asked if each.suite == suite]
        chains = [chain_of_answer(tokenizer, each) for each in of_suite]
        with part(f"suite {suite}"):
            found = Suite(engine, tokenizer, of_suite, chains, types_of(tasks), inference, max_model_len)
            rows += found.rows(step, _asked(altering))
    return intervened_table(rows)


def _asked(altering: AlteringSpec) -> list[tuple[str, float]]:
    """Kinds and cuts, in the order in which they are asked: `forced` first."""
    at_cuts = [(kind, cut) for kind in AT_CUTS if kind in altering.kinds for cut in sorted(altering.cuts)]
    paraphrased = PARAPHRASE in altering.kinds and not altering.second_pass
    whole = (PARAPHRASE, OTHER) if paraphrased else (OTHER,)
    return [(FORCED, WHOLE), *at_cuts, *((kind, WHOLE) for kind in whole)]


def types_of(tasks: pl.DataFrame) -> dict[str, TaskType]:
    """What is read of each task, by its id.

    Args:
        tasks: contract TASKS.
    """
    columns = tasks.select("task_id", "skill_id", "answer_type")
    return {row[0]: TaskType(*row[1:]) for row in columns.iter_rows()}


def intervened_table(rows: Sequence[tuple]) -> pl.DataFrame:
    """The rows of suites as a table INTERVENED."""
    schema = {name: column.dtype.type for name, column in INTERVENED.columns.items()}
    return pl.DataFrame(rows, schema=schema, orient="row").sort(key_of(INTERVENED))


def chain_of_answer(tokenizer: PreTrainedTokenizerBase, episode: Answered) -> Chain | None:
    """The chain of an episode's answer, see `interventions.chain_of`."""
    return chain_of(tokenizer, _without_end(tokenizer, episode.completion), episode.opened)


class Suite:
    """The episodes of one suite, and how they are answered again.

    Args:
        engine: the student's; None where no chain can be altered.
        tokenizer: likewise.
        episodes: of the suite.
        chains: of each of them, None where it has no ANSWER line.
        tasks: of `types_of`.
        inference: the run's.
        max_model_len: most tokens of prompt and answer together.
        paraphrase: what chains are told as, see `interventions.alter`.
    """

    def __init__(
        self,
        engine: Engine | None,
        tokenizer: PreTrainedTokenizerBase,
        episodes: Sequence[Episode],
        chains: Sequence[Chain | None],
        tasks: dict[str, TaskType],
        inference: AnsweringSpec,
        max_model_len: int,
        paraphrase: Callable[[str], str | None] | None = None,
    ) -> None:
        self.engine, self.tokenizer, self.episodes, self.tasks = engine, tokenizer, episodes, tasks
        self.inference, self.chains, self.paraphrase = inference, chains, paraphrase
        self.max_model_len = max_model_len
        self.others = self._others()

    def _others(self) -> list[Chain | None]:
        """For each episode the chain of the next task of its skill, condition and sample, in a circle."""
        groups: dict[tuple, list[int]] = {}
        for place, (each, chain) in enumerate(zip(self.episodes, self.chains, strict=True)):
            if chain and chain.tokens:
                group = (self.tasks[each.task_id].skill_id, each.condition, each.sample)
                groups.setdefault(group, []).append(place)
        found: list[Chain | None] = [None] * len(self.episodes)
        for places in groups.values():
            if len(places) > 1:
                for one, other in zip(places, [*places[1:], places[0]], strict=True):
                    found[one] = self.chains[other]
        return found

    def rows(
        self, step: int, asked: Sequence[tuple[str, float]], forced: Sequence[str | None] = ()
    ) -> list[tuple]:
        """Rows of INTERVENED, kind by kind.

        Args:
            step: of the checkpoint.
            asked: kinds and cuts.
            forced: the answers to the unaltered chains; those to the first of `asked` where there are none.
        """
        own = [chain.answer if chain else None for chain in self.chains]
        found = []
        for number, (kind, cut) in enumerate(asked, start=1):
            with part(f"{kind} at {cut:g}, {number} of {len(asked)}"):
                again = self._ask(kind, cut)
            answers = [each.answer if isinstance(each, _Again) else None for each in again]
            forced = forced or answers
            expected = own if kind == FORCED else forced
            for episode, each, answer, other in zip(self.episodes, again, answers, expected, strict=True):
                key = (step, episode.suite, episode.condition, episode.task_id, episode.sample, kind, cut)
                if isinstance(each, str):
                    found.append((*key, each, *[None] * 6))
                    continue
                same = self._same(episode.task_id, answer, other)
                found.append(
                    (*key, "answered", each.response, answer, same, each.finish, each.tokens, each.kept)
                )
        return found

    def _same(self, task_id: str, answer: str | None, other: str | None) -> bool | None:
        if answer is None or other is None:
            return None
        return len(set(answer_groups([answer, other], self.tasks[task_id].answer_type))) == 1

    def _ask(self, kind: str, cut: float) -> list[_Again | str]:
        """The answer of each episode, or why it was not asked."""
        found: list[_Again | str] = [""] * len(self.episodes)
        calls: dict[int, list[tuple[int, Altered]]] = {}
        most = self._most(kind)
        for place, (episode, chain) in enumerate(zip(self.episodes, self.chains, strict=True)):
            if chain is None or not chain.tokens:
                found[place] = "no_chain" if chain else "no_answer_line"
                continue
            # the same mistake whatever else is asked
            draw = f"{self.inference.seed}/{episode.task_id}/{episode.sample}/{cut}"
            altered = alter(self.tokenizer, chain, kind, cut, draw, self.others[place], self.paraphrase)
            if altered is None:
                found[place] = "not_altered"
                continue
            room = self.max_model_len - len(episode.prompt) - len(altered.tokens)
            if room < chain.n_behind:
                found[place] = "no_room"
                continue
            limit = most if room >= most else max(room - room % _GROUP, chain.n_behind)
            calls.setdefault(limit, []).append((place, altered))
        stop = tuple(self.inference.stop or ())
        for limit, requests in sorted(calls.items(), reverse=True):
            prompts = [[*self.episodes[place].prompt, *altered.tokens] for place, altered in requests]
            if self.engine is None:
                raise ValueError("chains to be answered, and no engine")
            completions = self.engine.generate(prompts, Sampling(limit, stop=stop))
            for (place, altered), completion in zip(requests, completions, strict=True):
                found[place] = self._read(self.episodes[place], altered, completion)
        return found

    def _most(self, kind: str) -> int:
        """The most tokens of an answer: where the student goes on by itself, as in its own answers."""
        most = self.inference.max_tokens
        if kind == MISTAKE:
            return most
        longest = max((chain.n_behind for chain in self.chains if chain), default=0)
        return min(most, 2 * longest + _SPARE)

    def _read(self, episode: Episode, altered: Altered, completion: Completion) -> _Again:
        behind = _without_end(self.tokenizer, completion)
        response = episode.opened + answer_text(self.tokenizer, [*altered.tokens, *behind])
        answer: str | None = None
        ended = False
        if altered.forced:
            first, newline, _ = answer_text(self.tokenizer, behind).partition("\n")
            answer = next(iter(answer_lines(f"ANSWER: {first}")), None)
            ended = bool(newline)
        elif line := first_answer_line(response):
            answer = line.value
            ended = response[: line.end].endswith("\n")
        if completion.finish_reason != "stop" and not ended:  # cut off in the answer's line
            answer = None
        tokens = completion.completion_tokens
        return _Again(response, answer, completion.finish_reason, tokens, altered.kept)


class _Again(NamedTuple):
    response: str
    answer: str | None
    finish: str
    tokens: int
    kept: float


def _without_end(tokenizer: PreTrainedTokenizerBase, completion: Completion) -> list[int]:
    """The tokens of an answer without an end token."""
    tokens = list(completion.tokens)
    ended = completion.finish_reason == "stop" and tokens and not answer_text(tokenizer, tokens[-1:])
    return tokens[:-1] if ended else tokens
