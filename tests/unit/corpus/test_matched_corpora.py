"""Claims about corpora of the same tasks: equal ids by contract, a declared share wrong, refused or whole."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from score_tables import make_tasks
from study_files import REPOSITORY

from skillift.contracts.pipeline import CORPUS, DEMONSTRATIONS
from skillift.corpus.corpora import select_corpus
from skillift.corpus.matched import same_tasks
from skillift.errors import UserError
from skillift.settings.specs import CorpusSpec
from skillift.study.study import read_study
from skillift.tables import check

TASKS = make_tasks(n_skills=4, per_skill=6, suite="train")
PLAIN = {"rows": 20, "condition": "curated", "form": "worked", "seed": 3, "prompt_seed": 0}
EMBEDDED = (REPOSITORY / "studies/embedded.yaml").read_text(encoding="utf-8")


def answered(lacking: dict[str, bool] | None = None, mute: tuple[str, ...] = ()) -> pl.DataFrame:
    """A right and a wrong answer of each task, in turn which comes first; `lacking`: task and the verdict."""
    rows = []
    for number, task_id in enumerate(TASKS["task_id"]):
        verdicts = [number % 2 == 0, number % 2 == 1]
        verdicts = [each for each in verdicts if (lacking or {}).get(task_id) is not each]
        rows += [
            {
                "task_id": task_id,
                "attempt": attempt,
                "teacher": "worked_solution",
                "prompt": f"steps, then {task_id}",
                "response": f"{'right' if right else 'wrong'}\n{'' if task_id in mute else 'ANSWER: 1'}",
                "passed": right,
                "reason": "the judge read: 1",
                "cost_usd": 0.0,
            }
            for attempt, right in enumerate(verdicts)
        ]
    types = {name: column.dtype.type for name, column in DEMONSTRATIONS.columns.items()}
    return check(pl.DataFrame(rows, schema=types), DEMONSTRATIONS, "made demonstrations")


def worked(demonstrations: pl.DataFrame) -> pl.DataFrame:
    return select_corpus(demonstrations, TASKS, CorpusSpec(**PLAIN))


def matched(demonstrations: pl.DataFrame, like: pl.DataFrame | None = None, **spec) -> pl.DataFrame:
    other = worked(demonstrations) if like is None else like
    found = CorpusSpec(**{**PLAIN, "seed": 0, "like": "worked", **spec})
    return check(select_corpus(demonstrations, TASKS, found, like=other), CORPUS, "matched corpus")


def wrong_tasks(corpus: pl.DataFrame) -> set[str]:
    texts = zip(corpus["task_id"], corpus["messages"].to_list(), strict=True)
    return {task_id for task_id, (_, assistant) in texts if assistant["content"].startswith("wrong")}


@pytest.mark.parametrize(
    "spec", [{}, {"form": "answer_only"}, {"wrong_share": 0.3}, {"verified": False}], ids=str
)
def test_a_matched_corpus_has_the_tasks_of_the_other_each_once(spec):
    demonstrations = answered()
    found = matched(demonstrations, **spec)
    assert found["task_id"].to_list() == worked(demonstrations)["task_id"].to_list()
    assert found["task_id"].is_unique().all()


def test_its_own_seed_and_rows_choose_no_tasks():
    demonstrations = answered()
    assert matched(demonstrations, seed=7, rows=2).equals(matched(demonstrations))


@pytest.mark.parametrize(("share", "number"), [(0.05, 1), (0.3, 6), (1.0, 20)])
def test_the_declared_share_of_its_tasks_has_an_answer_that_the_judge_failed(share, number):
    found = matched(answered(), wrong_share=share)
    assert len(wrong_tasks(found)) == number
    by_skill = Counter(TASKS.filter(pl.col("task_id").is_in(wrong_tasks(found)))["skill_id"])
    assert number < 4 or max(by_skill.values()) - min(by_skill.values()) <= 1


def test_the_wrong_tasks_of_a_smaller_share_are_among_those_of_a_larger_one():
    few, many = (wrong_tasks(matched(answered(), wrong_share=share)) for share in (0.2, 0.5))
    assert few < many
    assert wrong_tasks(matched(answered(), wrong_share=0.5, seed=1)) != many


def test_unverified_it_takes_the_first_answer_of_each_task_whatever_its_verdict():
    found = matched(answered(), verified=False)
    assert set(found["attempt"]) == {0}
    odd = {task_id for number, task_id in enumerate(TASKS["task_id"]) if number % 2}
    assert wrong_tasks(found) == odd & set(found["task_id"])


def test_a_task_without_a_wrong_answer_is_named_and_no_other_takes_its_place():
    whole = answered()
    drawn = sorted(wrong_tasks(matched(whole, wrong_share=0.3)))
    lacking = answered({drawn[0]: False, drawn[1]: False})
    with pytest.raises(UserError, match=rf"no demonstration that failed of 2 .*{drawn[0]}, {drawn[1]}"):
        matched(lacking, worked(whole), wrong_share=0.3)
    # one that was not drawn needs none
    others = sorted(set(worked(whole)["task_id"]) - set(drawn))
    kept = matched(answered({others[0]: False}), worked(whole), wrong_share=0.3)
    assert wrong_tasks(kept) == set(drawn)


def test_a_task_without_a_right_answer_or_without_an_answer_line_is_named():
    first, second = sorted(worked(answered())["task_id"])[:2]
    with pytest.raises(UserError, match=rf"no demonstration that passed of 1 task\(s\) \({first}\)"):
        matched(answered({first: True}), worked(answered()))
    with pytest.raises(UserError, match=rf"one without an ANSWER line of 2 \({first}, {second}\)"):
        matched(answered(mute=(first, second)), worked(answered()), form="answer_only")


def test_the_contract_refuses_arms_with_other_tasks():
    corpus, spec = worked(answered()), CorpusSpec(**PLAIN, like="worked")
    rows = corpus.select("task_id").to_dicts()
    same_tasks(rows, corpus, spec)
    for other in (rows[1:], [*rows, rows[0]], [*rows[1:], {"task_id": "elsewhere"}]):
        with pytest.raises(UserError, match="the 20 tasks of the corpus worked, each once"):
            same_tasks(other, corpus, spec)


def study_with(tmp_path, noisy: str, teacher: str = "  until: both\n"):
    text = EMBEDDED.replace("corpora:\n", f"corpora:\n  noisy: {noisy}\n")
    text = text.replace("  kind: worked_solution\n", f"  kind: worked_solution\n{teacher}")
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    study, problems, _ = read_study(tmp_path / "study.yaml")
    return study, problems


def test_what_is_left_out_beside_like_is_that_of_the_other_corpus(tmp_path):
    study, problems = study_with(tmp_path, "{like: answer_only, wrong_share: 0.3}")
    assert problems == []
    spec = study.corpus_spec("noisy")
    assert (spec.form, spec.rows, spec.condition, spec.like) == ("answer_only", 353, "curated", "answer_only")
    assert "like" not in study.corpus_spec("worked").model_dump()


@pytest.mark.parametrize(
    ("noisy", "teacher", "says"),
    [
        ("{like: workedd}", "", ["corpora.noisy.like: found 'workedd'", "Did you mean 'worked'?"]),
        ("{like: noisy}", "", ["corpora.noisy.like: found 'noisy', expected a corpus with rows of its own"]),
        ("{like: worked, rows: 3}", "", ["found the key 'rows', expected no such key beside `like`"]),
        (
            "{like: worked, domains: [code]}",
            "",
            ["found the key 'domains', expected no such key beside `like`"],
        ),
        (
            "{rows: 3, condition: none, wrong_share: 0.3}",
            "",
            ["found the key 'wrong_share', expected no such key without `like`"],
        ),
        (
            "{like: worked, wrong_share: 0.3}",
            "",
            ["no such key without `teacher.until: both`", "Write `until: both` in `teacher`."],
        ),
        (
            "{like: worked, wrong_share: 0.3, verified: false}",
            "  until: both\n",
            ["no such key with verified: false"],
        ),
        ("{like: worked, wrong_share: 0}", "  until: both\n", ["found 0, expected a number above 0"]),
    ],
)
def test_a_mistake_about_matched_corpora_is_told_before_any_job(tmp_path, noisy, teacher, says):
    _, problems = study_with(tmp_path, noisy, teacher)
    assert len(problems) == 1
    assert [words for words in says if words not in problems[0]] == []


def test_a_teacher_that_gives_the_same_answer_again_cannot_give_both(tmp_path):
    entry = "teacher:\n  kind: api\n  model: a/b\n  temperature: 0\n  until: both\n\ncorpora:"
    text = EMBEDDED[: EMBEDDED.index("teacher:")] + entry + EMBEDDED.split("corpora:", 1)[1]
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    _, problems, _ = read_study(tmp_path / "study.yaml")
    assert any("teacher.until: found 'both', expected passed at temperature 0" in line for line in problems)
