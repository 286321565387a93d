"""Whether a student was asked what the study says: whole prompts, in the thinking mode that is pinned.

`skillift.episodes.answering` notes what it is going to ask (contract PROMPTS) before an engine is started;
the engine notes how many tokens it has read (contract EPISODES). A prompt that was cut, or a chat template
that goes on thinking, shows in no pass rate.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from skillift.answers.reasoning import reasons
from skillift.errors import UserError, problem
from skillift.protocols import keyed
from skillift.settings.values import DEFAULT_DATE
from skillift.students.chat_format import generation_prompt, opened_reasoning, template_options

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Share of answers that may reason with thinking off before the run's episodes are refused: a student that
# was trained on reasoning may slip, a template in the wrong mode does nothing else.
MAX_REASONED = 0.05

PROMPT_SCHEMA = {
    "step": pl.Int64,
    "suite": pl.String,
    "condition": pl.String,
    "task_id": pl.String,
    "prompt_sha256": pl.String,
    "tokens": pl.Int64,
    "generation_prompt": pl.String,
    "other_generation_prompt": pl.String,
}
CHECK_SCHEMA = {
    "step": pl.Int64,
    "n_episodes": pl.Int64,
    "prompt_tokens": pl.Int64,
    "thinking": pl.Boolean,
    "generation_prompt": pl.String,
    "reasoned_rate": pl.Float64,
}

BASE_STEP = 0

_QUESTION = ["suite", "condition", "task_id"]
_PROMPT = ["step", *_QUESTION]
_CLOSED_REASONING = re.compile(r"<think>\s*</think>\s*\Z")


def asked_table(
    step: int,
    messages: pl.DataFrame,
    texts: list[str],
    hashes: list[str],
    prompts: list[list[int]],
    tokenizer: PreTrainedTokenizerBase,
    thinking: bool,
    date: str = DEFAULT_DATE,
) -> pl.DataFrame:
    """Rows of the table PROMPTS at one step, one for each message.

    `generation_prompt` is what the chat template puts before an answer, and of a prompt that does not end so
    the same number of its last characters; `other_generation_prompt` is that of the other thinking mode, null
    where the template has none.
    """
    content = messages["content"][0]
    usual = generation_prompt(tokenizer, content, thinking, date)
    other = generation_prompt(tokenizer, content, not thinking, date)
    return messages.select(
        pl.lit(step, pl.Int64).alias("step"),
        "suite",
        "condition",
        "task_id",
        pl.Series("prompt_sha256", hashes, dtype=pl.String),
        pl.Series("tokens", [len(prompt) for prompt in prompts], dtype=pl.Int64),
        pl.Series("generation_prompt", [text[len(text) - len(usual) :] for text in texts], dtype=pl.String),
        pl.lit(other if template_options(tokenizer, thinking) else None, pl.String).alias(
            "other_generation_prompt"
        ),
    )


def check_answers(episodes: pl.DataFrame, asked: pl.DataFrame, thinking: bool, where: str) -> pl.DataFrame:
    """Compare what an engine answered with what was to be asked, at every step.

    Args:
        episodes: contract EPISODES.
        asked: contract PROMPTS.
        thinking: the study's thinking mode.
        where: the run, for messages.

    Returns:
        The table ANSWER_CHECK.

    Raises:
        UserError: an episode whose prompt was not to be asked or was read in part, or a thinking mode that is
            not the study's in the prompts or in the answers.
    """
    _check_prompts(episodes, asked, where)
    rows = []
    for step in asked["step"].unique().sort():
        answered, place = episodes.filter(step=step), f"{where}, step {step}"
        ending = check_mode(asked.filter(step=step), thinking, place)
        reasoned = [reasons(text) for text in answered["response"]]
        rate = sum(reasoned) / len(reasoned)
        if not thinking and rate > MAX_REASONED:
            found = f"reasoning in {sum(reasoned)} of {len(reasoned)} answers"
            expected = f"it in at most {MAX_REASONED:.0%} with `inference: thinking: false`"
            fix = "The student thinks whatever its template says: set `thinking: true`, for every tier."
            raise UserError(problem(place, found, expected, fix))
        rows.append((step, answered.height, answered["prompt_tokens"].sum(), thinking, ending, rate))
    return pl.DataFrame(rows, schema=CHECK_SCHEMA, orient="row")


def check_same_prompts(asked: pl.DataFrame, base: pl.DataFrame, where: str) -> None:
    """See that a trained run was asked, at each step, what the run `base` of its student was.

    Args:
        asked: contract PROMPTS, of the trained run.
        base: contract PROMPTS, of the run `base`.
        where: the trained run, for messages.

    Raises:
        UserError: names the first task whose prompt is another, and both digests.
    """
    of_base = base.filter(step=BASE_STEP).select(*_QUESTION, pl.col("prompt_sha256").alias("of_base"))
    joined = asked.join(of_base, on=_QUESTION, how="left").sort(*_PROMPT)
    others = joined.filter(~pl.col("prompt_sha256").eq_missing(pl.col("of_base")))
    if others.height:
        row = others.row(0, named=True)
        place = f"{where}, step {row['step']}, task {row['task_id']} under the condition {row['condition']}"
        expected = f"that of the run base, {row['of_base'] or 'which was not asked this'}"
        fix = (
            f"{others.height} of {joined.height} prompts are so. The student's chat template, or what "
            "renders it, has changed between the two runs: delete the episodes of both, and run again."
        )
        raise UserError(problem(place, f"the prompt {row['prompt_sha256']}", expected, fix))


def _check_prompts(episodes: pl.DataFrame, asked: pl.DataFrame, where: str) -> None:
    joined = episodes.join(asked, on=_PROMPT, how="left", suffix="_asked")
    joined = joined.sort(keyed(joined, [*_PROMPT, "sample"]))
    wrong = joined.filter(
        pl.col("tokens").is_null()
        | (pl.col("prompt_sha256") != pl.col("prompt_sha256_asked"))
        | (pl.col("prompt_tokens") != pl.col("tokens"))
    )
    if wrong.height:
        row = wrong.row(0, named=True)
        place = f"{where}, step {row['step']}, task {row['task_id']} under the condition {row['condition']}"
        if row["tokens"] is None or row["prompt_sha256"] != row["prompt_sha256_asked"]:
            found, expected = f"the prompt {row['prompt_sha256']}", f"{row['prompt_sha256_asked']}"
        else:
            found = f"{row['prompt_tokens']} tokens of the prompt that the engine has read"
            expected = f"all {row['tokens']}; prompts are never cut"
        others = f"{wrong.height} of {joined.height} episodes are so."
        raise UserError(problem(place, found, expected, f"{others} Delete the run's episodes, run again."))
    lonely = asked.join(episodes, on=_PROMPT, how="anti")
    if lonely.height:
        found = f"no answer to {lonely.height} of {asked.height} prompts"
        raise UserError(problem(where, found, "one for each", "Delete the run's episodes, run again."))


def check_mode(asked: pl.DataFrame, thinking: bool, place: str) -> str:
    """The end of all prompts, where it is the one of the thinking mode.

    Args:
        asked: contract PROMPTS, of one step.
        thinking: the study's thinking mode.
        place: the run and step, for messages.

    Raises:
        UserError: prompts end in several ways, or as in the other mode.
    """
    endings = asked["generation_prompt"].unique().sort().to_list()
    other = asked["other_generation_prompt"][0]
    mode = f"`inference: thinking: {str(thinking).lower()}`"
    if len(endings) > 1:
        expected = "one end of all prompts"
        raise UserError(problem(place, endings[:2], expected, "Correct the student's chat_template.jinja."))
    ending = endings[0]
    if other == ending:
        found = f"prompts that end with {ending!r} in both thinking modes"
        fix = "The chat template names the mode and ignores it: fix chat_template.jinja."
        raise UserError(problem(place, found, f"those of {mode} to differ", fix))
    wrong = _CLOSED_REASONING.search(ending) if thinking else opened_reasoning(ending)
    if wrong:
        found = f"prompts that end with {ending!r}"
        expected = "room for reasoning" if thinking else "no block of reasoning that waits for its text"
        raise UserError(problem(place, found, f"{expected}, as {mode} says", "Correct chat_template.jinja."))
    return ending
