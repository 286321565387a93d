"""What k samples say together: the majority's answer, and how many answers differ.

Answers are those of ANSWER lines, grouped by the typed comparison that scores them (`skillift.answers`). All
are means over all choices of k of a task's n samples, so that no order of samples plays a part:

- majority@k: how often the answer that most of them give is right. A tie is shared out among its answers; of
  samples without an answer none has a vote (self-consistency, Wang et al., arXiv 2203.11171).
- distinct@k: how many different answers they give (rarefaction, Hurlbert, Ecology 52, 1971). A number per
  sample, not per parameter: larger and smaller models may be ranked the other way by those.
- distinct_right@k: how many of these are right. Of a task with one right answer that is pass@k, but for right
  responses without an ANSWER line; several right answers, as a judge may find them, count each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import comb

import numpy as np
import polars as pl

from skillift.metrics.metric import TASK_KEY, Metric
from skillift.metrics.names import RESPONSES, VERDICTS
from skillift.metrics.pass_at_k import BUDGETS

COLUMN = "answer_group"
_NO_ANSWER = -1.0
_OTHER_FORMS = ("json", "pattern", "constraints", "refusal")  # of tasks whose answers stand on no ANSWER line
_Number = Callable[[Sequence[int], Sequence[float], int], float]  # of votes, right and silent


def measure(episodes: pl.DataFrame) -> pl.Series:
    """A number for each response's answer, the same for those of a prompt that say the same; -1 without one.

    Null for all where each prompt has one sample, or where the types of answers are not known.

    Args:
        episodes: contract EPISODES with answer_type.
    """
    if episodes["sample"].n_unique() < min(BUDGETS) or episodes["answer_type"].null_count():
        return pl.Series(COLUMN, [None] * episodes.height, dtype=pl.Float64)
    prompt = ["step", "suite", "condition", "task_id"]
    places = episodes.select(*prompt, "response", "answer_type").with_row_index("place")
    found = np.full(episodes.height, _NO_ANSWER)
    for rows in places.partition_by(prompt, maintain_order=True):
        _group(rows, found)
    return pl.Series(COLUMN, found)


def _group(rows: pl.DataFrame, found: np.ndarray) -> None:
    from skillift.answers.comparison import answer_groups
    from skillift.scorers.answer_line import extract_answer

    answers = [extract_answer(text) for text in rows["response"]]
    given = [number for number, answer in enumerate(answers) if answer is not None]
    said = [answer for answer in answers if answer is not None]
    groups = answer_groups(said, rows["answer_type"][0])
    found[rows["place"].to_numpy()[given]] = groups


def majority_at(k: int, votes: Sequence[int], right: Sequence[float], silent: int) -> float:
    """How often the majority of k samples is right (a fraction), over all choices of them.

    Args:
        k: how many samples are drawn, at most as many as there are.
        votes: how many samples give each answer.
        right: the share of each answer's samples that pass.
        silent: how many samples give none.
    """
    total = 0.0
    for place, (count, share) in enumerate(zip(votes, right, strict=True)):
        if share:
            others = [other for number, other in enumerate(votes) if number != place]
            for most in range(1, min(count, k) + 1):
                total += share * comb(count, most) * _won(k - most, others, most, silent)
    return total / comb(sum(votes) + silent, k)


def _won(left: int, others: Sequence[int], most: int, silent: int) -> float:
    """Ways to draw `left` other samples, no answer more than `most` times; one in a tie of t counts 1 / t."""
    ways = np.zeros((left + 1, len(others) + 1))  # by samples drawn, and by answers that tie
    ways[0, 0] = 1.0
    for count in others:
        drawn = np.zeros_like(ways)
        for number in range(min(count, most, left) + 1):
            moved = comb(count, number) * ways[: left + 1 - number]
            if number == most:
                drawn[number:, 1:] += moved[:, :-1]
            else:
                drawn[number:] += moved
        ways = drawn
    shared = ways @ (1 / np.arange(1, len(others) + 2))
    return float(sum(shared[number] * comb(silent, left - number) for number in range(left + 1)))


def distinct_at(k: int, votes: Sequence[int], silent: int) -> float:
    """The number of different answers of k samples, the mean over all choices of them.

    Args:
        k, votes, silent: as `majority_at` has them.
    """
    number = sum(votes) + silent
    return sum(1 - comb(number - count, k) / comb(number, k) for count in votes)


def distinct_right_at(k: int, votes: Sequence[int], right: Sequence[float], silent: int) -> float:
    """The number of different right answers of k samples, the mean over all choices of them.

    Args:
        k, votes, right, silent: as `majority_at` has them; an answer counts with the share that passes.
    """
    number = sum(votes) + silent
    drawn = (1 - comb(number - count, k) / comb(number, k) for count in votes)
    return sum(share * chance for share, chance in zip(right, drawn, strict=True))


def _values(k: int, samples: pl.DataFrame, number: _Number) -> pl.DataFrame:
    """Values of tasks with k samples or more, whose answers are known.

    Of an answer, samples with a verdict tell the share that passes; where it has none, the task has no value.
    At `low` lost verdicts are fails, at `high` passes.
    """
    samples = samples.filter(~pl.col("scorer").is_in(_OTHER_FORMS))
    if samples["sample"].n_unique() < k or samples[COLUMN].is_null().all():
        return samples.clear()
    passed = pl.col("passed").cast(pl.Float64)
    answers = samples.group_by(*TASK_KEY, COLUMN).agg(
        votes=pl.len().cast(pl.Int64),
        lost=passed.null_count().cast(pl.Int64),
        right=passed.mean(),
        low=passed.fill_null(0.0).mean(),
        high=passed.fill_null(1.0).mean(),
    )
    tasks = answers.group_by(TASK_KEY).agg(
        pl.col("votes", "right", "low", "high").filter(pl.col(COLUMN) != _NO_ANSWER),
        silent=pl.col("votes").filter(pl.col(COLUMN) == _NO_ANSWER).sum(),
        n_unscored=pl.col("lost").sum(),
        n_samples=pl.col("votes").sum().alias("n"),
    )
    rows = tasks.filter(pl.col("n_samples") >= k).sort(TASK_KEY)
    found: dict[str, list[float | None]] = {"value": [], "low": [], "high": []}
    for row in rows.iter_rows(named=True):
        for name, of in (("value", "right"), ("low", "low"), ("high", "high")):
            shares = row[of]
            known = None if None in shares else number(row["votes"], shares, row["silent"])
            found[name].append(known)
    return rows.select(
        *TASK_KEY,
        *(pl.Series(name, values, dtype=pl.Float64) for name, values in found.items()),
        "n_unscored",
        "n_samples",
    )


def _majority(k: int) -> Metric:
    return Metric(
        name=f"majority@{k}",
        label=f"the majority of {k} samples is right",
        reads=(RESPONSES, VERDICTS),
        values=lambda samples: _values(k, samples, lambda *answers: majority_at(k, *answers)),
        measure=measure,
        column=COLUMN,
        least_samples=k,
    )


def _distinct(k: int) -> Metric:
    def values(samples: pl.DataFrame) -> pl.DataFrame:
        unjudged = samples.with_columns(passed=pl.lit(value=True))
        return _values(k, unjudged, lambda votes, _, silent: distinct_at(k, votes, silent))

    return Metric(
        name=f"distinct@{k}",
        label=f"different answers of {k} samples",
        reads=(RESPONSES,),
        values=values,
        unit="answers",
        measure=measure,
        column=COLUMN,
        least_samples=k,
    )


def _distinct_right(k: int) -> Metric:
    return Metric(
        name=f"distinct_right@{k}",
        label=f"different right answers of {k} samples",
        reads=(RESPONSES, VERDICTS),
        values=lambda samples: _values(k, samples, lambda *answers: distinct_right_at(k, *answers)),
        unit="answers",
        measure=measure,
        column=COLUMN,
        least_samples=k,
    )


METRICS = (*map(_majority, BUDGETS), *map(_distinct, BUDGETS), *map(_distinct_right, BUDGETS))
