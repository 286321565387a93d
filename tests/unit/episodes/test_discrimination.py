"""Claims about what a base model prefers before training: pairs of equal length, and who counts as right."""

from __future__ import annotations

from pathlib import Path

import inferences
import polars as pl
import pytest
from tiny_models import write_student

from skillift.contracts.pipeline import DISCRIMINATION, SKILLS, TASKS
from skillift.engines.interface import RunOptions
from skillift.engines.probes import Probe
from skillift.episodes import discrimination as module
from skillift.settings.specs import DiscriminationSpec
from skillift.tables import check


def make_tasks(*rows: tuple[str, str, str | None]) -> pl.DataFrame:
    """Tasks of one skill from reference, scorer and worked solution."""
    frame = pl.DataFrame(
        [
            {
                "task_id": f"t{place}",
                "skill_id": "turn",
                "suite": "dev",
                "prompt": f"Which list is {place}?",
                "reference": reference,
                "scorer": scorer,
                "answer_type": "list" if " " in reference else "number",
                "worked_solution": solution,
            }
            for place, (reference, scorer, solution) in enumerate(rows)
        ],
        schema_overrides={"worked_solution": pl.String},
    )
    return check(frame, TASKS, "tasks")


def solved(reference: str) -> str:
    return f"1. Turn it: {reference}\nANSWER: {reference}"


def words(task_id: str, response: str) -> Probe:
    """A token for each word."""
    return Probe([0], [hash(word) for word in response.split()])


def letters(task_id: str, response: str) -> Probe:
    return Probe([0], [*map(ord, response)])


def answers(tasks: pl.DataFrame, place: int = 0, tokens_of=letters) -> list[str]:
    found = module.answers_to(tasks.row(place, named=True), tasks, tokens_of, 0)
    return ["".join(map(chr, probe.response)) for probe in found]


def test_wrong_answers_have_as_many_tokens_and_differ_in_the_answer_alone():
    right, *wrong = answers(make_tasks(("3 1 4", "answer_line", solved("3 1 4"))))
    assert right == solved("3 1 4")
    assert {*wrong} == {solved("1 3 4"), solved("3 4 1")}


def test_of_both_the_answer_line_alone_may_be_taken():
    tasks = make_tasks(("3 1 4", "answer_line", solved("3 1 4")), ("3 1 4", "judge", "It is 3 1 4."))
    found = module.answers_to(tasks.row(0, named=True), tasks, letters, 0, "answer_only")
    right, *wrong = ["".join(map(chr, probe.response)) for probe in found]
    assert right == "ANSWER: 3 1 4" and {*wrong} == {"ANSWER: 1 3 4", "ANSWER: 3 4 1"}
    assert module.answers_to(tasks.row(1, named=True), tasks, letters, 0, "answer_only") == []


def test_an_answer_of_another_length_is_left_out_and_a_task_without_any_pair_has_none():
    tasks = make_tasks(*((number, "answer_line", solved(number)) for number in ("7", "9", "12")))
    assert answers(tasks) == [solved("7"), solved("9")]
    assert answers(tasks, 2) == []
    assert len(module.answers_to(tasks.row(2, named=True), tasks, words, 0)) == 3  # of as many words


def test_a_task_without_a_worked_solution_or_whose_last_line_is_not_the_answer_has_no_pair():
    tasks = make_tasks(("3 1", "answer_line", None), ("3 1", "judge", "It is 3 1, I think."))
    assert answers(tasks) == answers(tasks, 1) == []


def test_a_task_has_few_pairs_however_many_answers_could_be_made():
    reference = " ".join("123456789")
    assert len(answers(make_tasks((reference, "answer_line", solved(reference))))) == 1 + 4


def test_what_answers_have_in_common_counts_for_neither_and_ties_count_half():
    sets = {"t": [Probe([0], [1, 2, 3]), Probe([0], [1, 5, 3]), Probe([0], [1, 2, 6]), Probe([0], [1, 7, 8])]}
    logprobs = [[-9.0, -1.0, -1.0], [0.0, -3.0, -1.0], [0.0, -1.0, -1.001], [0.0, -0.5, -0.25]]
    served = pl.DataFrame({"step": 0, "task_id": "t", "attempt": range(4), "logprobs": logprobs})
    (row,) = module.preferences(sets, served, 0.01).to_dicts()
    assert (row["n_pairs"], row["n_ties"]) == (3, 1)
    assert row["preferred"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert row["margin"] == pytest.approx((2.0 + 0.001 - 1.25) / 3)


def test_where_nothing_can_be_paired_the_share_is_null():
    (row,) = module.preferences(
        {"t": []}, pl.DataFrame(schema={"a": pl.Int64} | dict.fromkeys("bcd", pl.Int64)), 0.1
    ).to_dicts()
    assert (row["n_pairs"], row["preferred"], row["margin"]) == (0, None, None)


@pytest.mark.models
def test_the_engine_scores_all_pairs_and_answers_the_same_tasks(tmp_path: Path):
    student = write_student(tmp_path / "model", positions=512)
    tasks = make_tasks(
        ("3 1 4", "answer_line", solved("3 1 4")),
        ("2 7 1 8", "judge", solved("2 7 1 8")),
        ("5", "answer_line", None),
    )
    skills = pl.DataFrame(
        {"skill_id": ["turn"], "name": "turn", "domain": "x", "steps": [["Step 1: turn it."]]}
    )
    inference = inferences.INFERENCE | {"suites": ["dev"], "max_tokens": 4, "max_model_len": None}
    spec = DiscriminationSpec(conditions=["curated"], inference=inference)
    found = module.discrimination(tasks, check(skills, SKILLS, "skills"), spec, student, RunOptions())
    rows = {row["task_id"]: row for row in check(found, DISCRIMINATION, "found").to_dicts()}
    assert [rows[name]["n_pairs"] for name in ("t0", "t1", "t2")] == [2, 3, 0]
    assert rows["t2"]["preferred"] is None and 0 <= rows["t1"]["preferred"] <= 1
    assert [rows[name]["passed"] for name in ("t0", "t1", "t2")] == [0.0, None, 0.0]
    by_hand = _by_hand(student, tasks.row(0, named=True), spec)
    assert rows["t0"]["margin"] == pytest.approx(by_hand, abs=1e-3)


def _by_hand(student: Path, task: dict, spec: DiscriminationSpec) -> float:
    """The mean difference of whole sums, by transformers alone."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from skillift.engines.probes import log_probabilities
    from skillift.tasks.prompts import render_user_message

    tokenizer = AutoTokenizer.from_pretrained(student)
    model = AutoModelForCausalLM.from_pretrained(student, dtype="float32")
    content = render_user_message(task["prompt"], ["Step 1: turn it."])
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
    )
    texts = [f"{solved(reference)}<|im_end|>" for reference in ("3 1 4", "1 3 4", "3 4 1")]
    probes = [Probe(*(tokenizer(text)["input_ids"] for text in (prompt, answer))) for answer in texts]
    right, *wrong = map(sum, log_probabilities(model, probes))
    return sum(right - each for each in wrong) / len(wrong)
