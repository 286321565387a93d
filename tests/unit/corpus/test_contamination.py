"""Contamination is found where an asked task was taught, and not where tasks merely share a template."""

from __future__ import annotations

import time

import polars as pl
import pytest
from made_specs import pack_of

from skillift.contracts.pipeline import CONTAMINATION, TASKS, required_columns
from skillift.corpus.contamination import find_contamination
from skillift.episodes.study_tasks import tasks_of
from skillift.study.study import load_study
from skillift.tables import check
from skillift.taskpack import build_pack

LONG = (
    "A ferry leaves the harbor at seven with forty passengers, takes on twelve more at the island "
    "and lets nine off at the cape; how many passengers are on board when it comes back?"
)


def tasks_table(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    """Tasks from (task_id, suite, prompt, reference)."""
    frame = pl.DataFrame(rows, schema=["task_id", "suite", "prompt", "reference"], orient="row").with_columns(
        skill_id=pl.lit("s"),
        scorer=pl.lit("answer_line"),
        answer_type=pl.lit("text"),
        worked_solution=pl.lit(None, pl.String),
    )
    return check(frame.select(required_columns(TASKS)), TASKS, "test")


def pairs(train: str, holdout: str, references: tuple[str, str] = ("1", "1")) -> list[tuple]:
    frame = find_contamination(
        tasks_table(("t", "train", train, references[0]), ("h", "holdout", holdout, references[1]))
    )
    return check(frame, CONTAMINATION, "test").rows()


@pytest.mark.parametrize("name", ["smoke", "embedded", "pocket", "paper", "paper-next-tiers"])
def test_the_tasks_of_each_shipped_study_let_it_start(name, repository):
    tasks, _ = tasks_of(load_study(repository / f"studies/{name}.yaml"))
    assert find_contamination(tasks).is_empty()


@pytest.mark.parametrize("difficulty", ["tiny", "standard"])
def test_the_task_packs_suites_are_clean(difficulty):
    per_skill = {"train": 11, "dev": 5, "holdout": 5}
    _, tasks = build_pack(pack_of(difficulty=difficulty, per_skill=per_skill, judge_scored=33))
    assert find_contamination(tasks).is_empty()


@pytest.mark.parametrize(
    "holdout",
    ["Find the harbor code: 3 1 7", "find the HARBOR code:  3 1 7 ", "“Find the harbor code”, 3 1 7.\n"],
)
def test_the_same_prompt_is_found_whatever_its_case_spaces_and_marks(holdout):
    assert pairs("Find the harbor code: 3 1 7", holdout, ("1", "2")) == [
        ("t", "holdout", "h", "same_prompt", 1.0)
    ]


@pytest.mark.parametrize(
    ("train", "holdout"),
    [
        ("Find the harbor code: 3 1 7", "Find the harbor code: 3 7 1"),
        ("What is 7 + 3?", "What is 7 - 3?"),
        ("What is 7 * (3 + 2)?", "What is (7 * 3) + 2?"),
        ("Round 3.5", "Round 3, 5"),
        ("What is -3 + 1?", "What is 3 + 1?"),
    ],
)
def test_signs_and_order_make_another_task(train, holdout):
    assert pairs(train, holdout) == []


def test_a_long_prompt_with_a_few_words_added_is_found():
    ((train, _, holdout, kind, overlap),) = pairs(LONG, f"Please answer: {LONG} Explain.")
    assert (train, holdout, kind) == ("t", "h", "ngram_overlap")
    assert 0.7 <= overlap < 1


def test_a_long_prompt_with_another_answer_is_another_task():
    assert pairs(LONG, LONG.replace("comes back", "comes back at last"), ("43", "44")) == []


def test_half_an_overlap_is_below_the_threshold():
    half = (
        " ".join(LONG.split()[:16]) + " and what would the captain say to that, if he were asked by the crew?"
    )
    assert pairs(LONG, half) == []


def test_wording_that_many_train_tasks_share_is_no_evidence():
    template = "Take the list at the end of this message and work out its harbor code step by step with care:"
    numbers = [f"{a} {b} {a + b}" for a in range(10, 20) for b in range(30, 33)]
    train = [(f"t{place}", "train", f"{template} {text}", "1") for place, text in enumerate(numbers)]
    assert find_contamination(tasks_table(*train, ("h", "holdout", f"{template} 77 78 79", "1"))).is_empty()
    (row,) = find_contamination(
        tasks_table(*train, ("h", "holdout", f"{template} {numbers[4]} now", "1"))
    ).rows()
    assert row[:4] == ("t4", "holdout", "h", "ngram_overlap")


def test_wording_that_tasks_with_other_answers_have_is_no_evidence_however_few_they_are():
    """Short lists in long wording: eight words that hold the first item alone say nothing of the answer."""
    wording = "Show the steps of the ladle tag of this list. End with a line 'ANSWER: ' and the result."
    pair = [("t1", "train", f"{wording} bread, honey, fish, orange", "fish")]
    pair += [("h1", "holdout", f"{wording} bread, egg, rice, milk", "fish")]
    assert find_contamination(tasks_table(*pair)).height == 1, "nothing says yet that it is wording"
    others = [("h2", "holdout", f"{wording} tea, jam, soup, nut", "nut")]
    assert find_contamination(tasks_table(*pair, *others)).is_empty()


@pytest.mark.parametrize("seed", range(8))
def test_the_easy_pack_is_clean_with_few_tasks_of_few_skills(seed):
    per_skill = {"train": 9, "dev": 2, "holdout": 2}
    _, tasks = build_pack(pack_of(difficulty="easy", seed=seed, skills=4, per_skill=per_skill))
    assert find_contamination(tasks).is_empty()


def test_every_suite_is_compared_with_train_and_none_with_another():
    rows = [(suite, suite, LONG, "1") for suite in ("train", "dev", "transfer")]
    assert find_contamination(tasks_table(*rows)).select("train_task_id", "suite", "task_id").rows() == [
        ("train", "dev", "dev"), ("train", "transfer", "transfer"),
    ]  # fmt: skip
    assert find_contamination(tasks_table(*rows[1:])).is_empty()


def test_every_pair_is_reported_once_and_in_order():
    rows = [("t2", "train", LONG, "1"), ("t1", "train", LONG, "1"), ("h2", "holdout", LONG, "1")]
    found = find_contamination(tasks_table(*rows, ("h1", "holdout", LONG, "1")))
    assert found.select("train_task_id", "task_id").rows() == [
        ("t1", "h1"), ("t1", "h2"), ("t2", "h1"), ("t2", "h2"),
    ]  # fmt: skip
    assert set(found["kind"]) == {"same_prompt"}


def test_ten_thousand_tasks_take_seconds():
    words = [f"w{place % 997}" for place in range(40_000)]
    rows = [
        (
            f"{place}",
            "train" if place % 2 else "holdout",
            " ".join(words[place * 3 : place * 3 + 40]) + f" {place}",
            "1",
        )
        for place in range(10_000)
    ]
    start = time.process_time()
    find_contamination(tasks_table(*rows))
    assert time.process_time() - start < 60
