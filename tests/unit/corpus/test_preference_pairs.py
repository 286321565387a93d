"""Claims about corpora of preference pairs: tasks of another corpus, each with a right and a wrong answer."""

from __future__ import annotations

import polars as pl
import pytest
from score_tables import make_tasks

from skillift.contracts.pipeline import CORPUS, DEMONSTRATIONS
from skillift.corpus.corpora import select_corpus
from skillift.errors import UserError
from skillift.settings.specs import CorpusSpec
from skillift.tables import check

TASKS = make_tasks(n_skills=4, per_skill=6, suite="train").with_columns(
    reference=pl.concat_str(pl.lit("7 "), pl.int_range(pl.len()) + 10, pl.lit(" 9")),
    answer_type=pl.lit(None, pl.String),
)
REFERENCES = dict(TASKS.select("task_id", "reference").iter_rows())
PLAIN = {"rows": 20, "condition": "curated", "form": "worked", "seed": 3, "prompt_seed": 0}


def response(task_id: str, right: bool) -> str:
    if not right:
        return f"Step 1: guess\nANSWER: 0 {task_id}"
    return f"Step 1: take {REFERENCES[task_id]}\nANSWER: {REFERENCES[task_id]}"


def answered(without_wrong: tuple[str, ...] = (), endings: dict[str, str] | None = None) -> pl.DataFrame:
    """A right and two wrong answers of each task, the first wrong one before the right one."""
    rows = []
    for task_id in TASKS["task_id"]:
        for attempt, right in enumerate((False, True, False)):
            if not right and task_id in without_wrong:
                continue
            text = response(task_id, right) + (endings or {}).get(task_id, "")
            rows.append(
                {
                    "task_id": task_id,
                    "attempt": attempt,
                    "teacher": "t",
                    "prompt": f"steps, then {task_id}",
                    "response": text + (" again" if attempt == 2 else ""),
                    "passed": right,
                    "reason": "the judge read: 1",
                    "cost_usd": 0.0,
                }
            )
    types = {name: column.dtype.type for name, column in DEMONSTRATIONS.columns.items()}
    return check(pl.DataFrame(rows, schema=types), DEMONSTRATIONS, "made demonstrations")


def pairs(demonstrations: pl.DataFrame, rejected: str, tasks: pl.DataFrame = TASKS, **spec) -> pl.DataFrame:
    worked = select_corpus(demonstrations, tasks, CorpusSpec(**PLAIN))
    whole = {**PLAIN, "seed": 0, "form": "pairs", "like": "worked", "rejected": rejected, **spec}
    return check(select_corpus(demonstrations, tasks, CorpusSpec(**whole), like=worked), CORPUS, "pairs")


@pytest.mark.parametrize("rejected", ["failed", "corrupted"])
def test_each_task_of_the_other_corpus_has_its_right_answer_and_a_wrong_one(rejected):
    demonstrations = answered()
    found = pairs(demonstrations, rejected)
    worked = select_corpus(demonstrations, TASKS, CorpusSpec(**PLAIN))
    assert found.drop("rejected").equals(worked)
    for task_id, messages, wrong in found.select("task_id", "messages", "rejected").iter_rows():
        assert messages[-1]["content"] == response(task_id, True) != wrong


def test_failed_is_the_first_that_the_judge_failed():
    found = pairs(answered(), "failed")
    expected = [response(task_id, False) for task_id in found["task_id"]]
    assert found["rejected"].to_list() == expected


def test_corrupted_exchanges_two_items_of_the_answer_wherever_the_answer_stands():
    for task_id, wrong in pairs(answered(), "corrupted").select("task_id", "rejected").iter_rows():
        one, other, last = REFERENCES[task_id].split()
        answers = {f"{other} {one} {last}", f"{one} {last} {other}"}
        step, line = wrong.split("\n")
        assert line.removeprefix("ANSWER: ") in answers
        assert step == f"Step 1: take {line.removeprefix('ANSWER: ')}"


def test_the_seed_chooses_which_items_are_exchanged_and_nothing_else():
    found = [pairs(answered(), "corrupted", seed=seed)["rejected"].to_list() for seed in (0, 0, 1)]
    assert found[0] == found[1] != found[2]


def test_an_answer_of_one_item_gets_that_of_another_task():
    tasks = TASKS.with_columns(reference=(pl.int_range(pl.len()) + 10).cast(pl.String))
    mine = {
        task_id: f"ANSWER: {reference}" for task_id, reference in tasks.select("task_id", "reference").rows()
    }
    demonstrations = answered().with_columns(response=pl.col("task_id").replace_strict(mine))
    found = pairs(demonstrations, "corrupted", tasks)
    for task_id, wrong in found.select("task_id", "rejected").iter_rows():
        assert wrong in mine.values() and wrong != mine[task_id]


def test_a_task_without_a_wrong_answer_is_named_and_never_left_out():
    first, second = pairs(answered(), "failed")["task_id"].to_list()[:2]
    with pytest.raises(UserError, match=rf"demonstration that failed of 2 task\(s\) \({first}, {second}\)"):
        pairs(answered((first, second)), "failed")


def test_a_right_answer_that_does_not_end_in_the_reference_is_named():
    """A wrong line after it would leave two answers in one response."""
    first = pairs(answered(), "failed")["task_id"][0]
    with pytest.raises(UserError, match=rf"answer that can be made wrong .* of 1 task\(s\) \({first}\)"):
        pairs(answered(endings={first: "\nThat is all."}), "corrupted")
