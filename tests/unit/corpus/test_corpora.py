"""Claims about corpora: passed demonstrations only, balanced, deterministic, of the asked form."""

from __future__ import annotations

import polars as pl
import pytest
from score_tables import make_tasks

from skillift.contracts.pipeline import CORPUS, DEMONSTRATIONS
from skillift.corpus.corpora import select_corpus
from skillift.errors import UserError
from skillift.settings.specs import CorpusSpec
from skillift.tables import check

TASKS = make_tasks(n_skills=4, per_skill=6, suite="train")
SKILLS = pl.DataFrame(
    {
        "skill_id": [f"skill-{number:03d}" for number in range(4)],
        "name": ["name"] * 4,
        "domain": ["code"] * 4,
        "steps": [
            [f"Step {step}: Do part {step} of {number}." for step in range(1, 6)] for number in range(4)
        ],
    }
)


def _demonstrations(failed=(), attempts=1, response="Step 1: Copy 1\nANSWER: 1"):
    rows = [
        {
            "task_id": task_id,
            "attempt": attempt,
            "teacher": "worked_solution",
            "prompt": f"steps, then {task_id}",
            "response": f"{response} {attempt}",
            "passed": None if (task_id, attempt) in failed else attempt == attempts - 1,
            "reason": "the judge read: 1",
            "cost_usd": 0.0,
        }
        for task_id in TASKS["task_id"]
        for attempt in range(attempts)
    ]
    types = {name: column.dtype.type for name, column in DEMONSTRATIONS.columns.items()}
    return check(pl.DataFrame(rows, schema=types), DEMONSTRATIONS, "made demonstrations")


def _select(demonstrations=None, tasks=TASKS, skills=None, template=None, **spec):
    demonstrations = _demonstrations() if demonstrations is None else demonstrations
    spec = {"rows": 10, "condition": "curated", "form": "worked", "seed": 0, "prompt_seed": 0, **spec}
    return check(select_corpus(demonstrations, tasks, CorpusSpec(**spec), skills, template), CORPUS, "corpus")


def _counts(corpus):
    skills = corpus.join(TASKS, on="task_id").group_by("skill_id").len()
    return sorted(skills["len"].to_list())


@pytest.mark.parametrize("rows", [1, 3, 4, 10, 23, 24])
def test_exactly_the_asked_rows_are_taken_in_equal_numbers_from_each_skill(rows):
    corpus = _select(rows=rows)
    assert corpus.height == rows
    counts = _counts(corpus)
    assert max(counts) - (min(counts) if len(counts) == 4 else 0) <= 1


def test_a_skill_that_runs_out_leaves_its_places_to_the_others():
    failed = {(f"t{number:04d}", 0) for number in range(5)}  # skill-000 has one pass
    assert _counts(_select(_demonstrations(failed), rows=16)) == [1, 5, 5, 5]


def test_the_same_seed_takes_the_same_rows_and_another_does_not():
    assert _select(seed=3).equals(_select(seed=3))
    # in every process, on every machine
    assert _select(rows=5, seed=3)["task_id"].to_list() == ["t0003", "t0004", "t0009", "t0013", "t0018"]
    assert not _select(seed=3).equals(_select(seed=4))


def test_the_order_of_the_demonstrations_does_not_matter():
    assert _select(_demonstrations().reverse()).equals(_select())


def test_the_first_pass_of_a_task_is_taken_and_a_lost_verdict_is_no_pass():
    demonstrations = _demonstrations(attempts=3)
    assert set(_select(demonstrations)["attempt"]) == {2}
    everything = demonstrations.with_columns(passed=pl.lit(True))
    assert set(_select(everything)["attempt"]) == {0}
    lost = {("t0000", 0)}
    assert "t0000" not in _select(_demonstrations(lost), rows=23)["task_id"].to_list()


def test_too_few_passes_is_an_error_with_the_counts():
    lost = {("t0000", 0), ("t0001", 0)}
    with pytest.raises(UserError, match=r"22 passed of 24 demonstrated tasks.*at least 24.*Lower"):
        _select(_demonstrations(lost), rows=24)


def test_demonstrations_without_a_verdict_are_no_fault_of_the_corpus():
    lost = {("t0000", 0), ("t0001", 0)}
    demonstrations = _demonstrations(lost).with_columns(reason=pl.lit("unparsed: It passes."))
    match = r"2 demonstrations without a verdict, such as: unparsed: It passes.*See to the primary judge"
    with pytest.raises(UserError, match=match):
        _select(demonstrations, rows=24)


def test_a_worked_corpus_holds_the_collected_prompt_and_the_whole_response():
    row = _select().row(0, named=True)
    assert row["messages"] == [
        {"role": "user", "content": f"steps, then {row['task_id']}"},
        {"role": "assistant", "content": "Step 1: Copy 1\nANSWER: 1 0"},
    ]


def test_an_answer_only_corpus_takes_the_same_tasks_and_the_last_line_alone():
    corpus = _select(form="answer_only")
    assert corpus["task_id"].equals(_select()["task_id"])
    assert {messages[1]["content"] for messages in corpus["messages"].to_list()} == {"ANSWER: 1 0"}


def test_a_response_without_an_answer_line_has_no_place_in_an_answer_only_corpus():
    with pytest.raises(UserError, match=r"24 of them without an ANSWER line \(.*, and 4 more\)"):
        _select(_demonstrations(response="So the result is 1."), form="answer_only")


def test_prompts_of_another_condition_are_written_again():
    template = "{{ steps | join(' ') }}{{ prompt }}"
    for condition, expected in (("none", "Question 0?"), ("placebo", "Step 1: Do part 1 of ")):
        corpus = _select(skills=SKILLS, template=template, condition=condition, rows=24)
        content = corpus.filter(pl.col("task_id") == "t0000")["messages"][0][0]["content"]
        assert content.startswith(expected)
    with pytest.raises(UserError, match="key 'condition'"):
        _select(condition="none")


def test_an_unknown_task_is_an_error():
    with pytest.raises(UserError, match=r"column task_id.*t0000"):
        _select(tasks=TASKS.filter(pl.col("task_id") != "t0000"))


def test_an_unverified_corpus_takes_the_first_answer_whatever_its_verdict():
    demonstrations = _demonstrations(attempts=2, failed={("t0000", 0)})
    corpus = _select(demonstrations, rows=24, verified=False)
    assert set(corpus["attempt"]) == {0}
    assert set(_select(demonstrations, rows=24)["attempt"]) == {1}


def test_a_corpus_of_few_skills_takes_its_rows_from_these():
    def select(**spec):
        return select_corpus(
            _demonstrations(), TASKS, CorpusSpec(**{"condition": "curated", "seed": 0, **spec})
        )

    assert _counts(select(rows=12, skills=2)) == [6, 6]
    others = [select(rows=12, skills=2, seed=seed)["task_id"].to_list() for seed in range(6)]
    assert len({tuple(ids) for ids in others}) > 1
    with pytest.raises(UserError, match="key 'skills': found 5, expected at most 4"):
        select(rows=1, skills=5)
    with pytest.raises(UserError, match="12 passed of 24 demonstrated tasks"):
        select(rows=13, skills=2)


def test_demonstrations_of_the_declared_domains_alone_are_taken():
    skills = SKILLS.with_columns(domain=pl.Series(["code", "tag", "slot", "code"]))
    corpus = _select(rows=12, skills=skills, domains=["slot", "tag"])
    assert set(corpus.join(TASKS, on="task_id")["skill_id"]) == {"skill-001", "skill-002"}
    with pytest.raises(UserError, match="found '12 passed of 24"):
        _select(rows=13, skills=skills, domains=["slot", "tag"])


def test_a_domain_that_no_skill_has_is_named_with_those_there_are():
    with pytest.raises(UserError, match=r"domains.*day"):
        _select(skills=SKILLS, domains=["day", "code"])
    with pytest.raises(UserError, match="no table of skills"):
        _select(domains=["code"])
