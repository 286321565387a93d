"""The wrong answers of preference pairs: beside each right answer of a corpus one that is not.

They are demonstrations that the judge failed, or the right answers themselves with the answer made wrong: a
pair that differs in the answer alone, and mostly has as many tokens on both sides.
"""

from __future__ import annotations

import polars as pl

from skillift.corpus.candidates import first_answers, order, with_known_skills
from skillift.corpus.matched import refuse_lacking
from skillift.settings.specs import CorpusSpec

_IN_WORDS = {
    "failed": "demonstration that failed",
    "corrupted": "answer that can be made wrong (its last line ends in the reference, and others are known)",
}
_FIX = {
    "failed": "Raise teacher.attempts, or write `until: both` in `teacher`",
    "corrupted": "Write `rejected: failed` and `until: both` in `teacher`, or take tasks out of both",
}


def rejected_answers(
    corpus: pl.DataFrame, demonstrations: pl.DataFrame, tasks: pl.DataFrame, spec: CorpusSpec
) -> list[str]:
    """A wrong answer to the task of each row of a corpus, in its order.

    Args:
        corpus: contract CORPUS without the column `rejected`: right answers.
        demonstrations: contract DEMONSTRATIONS.
        tasks: contract TASKS.
        spec: how the corpus is selected; `rejected` says which wrong answers are taken.

    Raises:
        UserError: a task has no such answer; it is named.
    """
    right = {task_id: messages[-1]["content"] for task_id, messages in _messages(corpus)}
    if spec.rejected == "failed":
        failed = first_answers(with_known_skills(demonstrations, tasks), "wrong")
        found = {row["task_id"]: row["response"] for row in failed}
    else:
        found = _corrupted(right, tasks, spec.seed)
    lacking = [task_id for task_id in right if found.get(task_id, right[task_id]) == right[task_id]]
    kind = spec.rejected or "failed"
    refuse_lacking(lacking, f"no {_IN_WORDS[kind]}", len(right), spec, f"{_FIX[kind]}.")
    return [found[task_id] for task_id in right]


def _messages(corpus: pl.DataFrame) -> list[tuple[str, list[dict]]]:
    return list(corpus.select("task_id", "messages").iter_rows())


def _corrupted(right: dict[str, str], tasks: pl.DataFrame, seed: int) -> dict[str, str]:
    """Right answers made wrong on the last lines that end in the reference, as far as they can be."""
    from skillift.corpus.teachers import corrupt, wrong_answers  # a second to import

    known = tasks.filter(pl.col("task_id").is_in(list(right)))
    references = sorted(set(known["reference"]))
    rows = known.select("task_id", "reference", "answer_type").iter_rows()
    found = {}
    for task_id, reference, kind in rows:
        swapped = wrong_answers(reference, [], kind)  # of as many tokens, mostly
        if choices := swapped or wrong_answers(reference, references, kind):
            wrong = min(choices, key=lambda each: order(seed, f"{task_id}\x1f{each}"))
            made = corrupt(right[task_id], reference, wrong)
            if made.count("\n") == right[task_id].rstrip().count("\n"):  # else a line was put after it
                found[task_id] = made
    return found
