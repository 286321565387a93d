"""Claims about the scoring paths: every episode once on each, and nothing lost in silence."""

from __future__ import annotations

import polars as pl
import pytest
from score_tables import make_tasks
from stub_models import make_episodes

from skillift.contracts.pipeline import EPISODE_KEY, SCORES, VERDICTS
from skillift.errors import UserError
from skillift.judging import scoring
from skillift.judging.scoring import build_scores
from skillift.scorers.registry import Scorer, scorer
from skillift.tables import check

TASKS = make_tasks(n_skills=2, per_skill=2, judge_scored=2)  # t0002 and t0003 have no extractor
RESPONSES = {
    "t0000": "ANSWER: 0",
    "t0001": "So the result is 1.",
    "t0002": "So the result is 2.",
    "t0003": "ANSWER: 3",
}
EPISODES = make_episodes(RESPONSES)


def _verdicts(passed, status=("scored",) * 4, episodes=EPISODES):
    columns = {
        "raw": "reply",
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "cost_usd": 0.0,
        "template_sha256": "0" * 64,
    }
    types = {name: VERDICTS.columns[name].dtype.type for name in columns}
    frame = episodes.select(EPISODE_KEY).with_columns(
        pl.Series("passed", passed, dtype=pl.Boolean),
        pl.Series("status", status),
        *[pl.lit(value, dtype=types[name]).alias(name) for name, value in columns.items()],
    )
    return check(frame, VERDICTS, "made verdicts")


RIGHT = _verdicts([True, True, True, False])
OTHER = _verdicts([True, False, False, False])


def _scores(first=RIGHT, second=OTHER, episodes=EPISODES, tasks=TASKS):
    scores = build_scores(
        [("s", "base", episodes)],
        [("first", "s", "base", first), ("second", "s", "base", second)],
        tasks,
        ["first", "second"],
        "first",
    )
    return check(scores, SCORES, "scores")


def _on(scores, path):
    return scores.filter(pl.col("path") == path)["passed"].to_list()


def test_the_extractor_scores_its_tasks_and_the_primary_judge_the_others():
    # t0001 is right in prose: the extractor fails it, the judge would not
    assert _on(_scores(), "bench") == [True, False, True, False]


def test_a_scorer_may_ask_for_other_columns_of_the_task_and_one_that_is_absent_is_null(monkeypatch):
    def of_skill(response, skill_id, pattern):
        return response.endswith("1.") and skill_id == "k00" and pattern is None

    scorers = {"of_skill": Scorer(of_skill, ("skill_id", "pattern")), "answer_line": scorer("answer_line")}
    monkeypatch.setattr(scoring, "names", lambda: tuple(scorers))
    monkeypatch.setattr(scoring, "scorer", scorers.__getitem__)
    named = TASKS.with_columns(
        skill_id=pl.lit("k00"), scorer=pl.col("scorer").replace({"answer_line": "of_skill"})
    )
    assert _on(_scores(tasks=named), "bench") == [False, True, True, False]
    assert _on(_scores(tasks=named.with_columns(skill_id=pl.lit("k01"))), "bench") == [
        False,
        False,
        True,
        False,
    ]


def test_each_judge_has_a_path_of_its_own_for_every_episode():
    scores = _scores()
    assert _on(scores, "judge:first") == [True, True, True, False]
    assert _on(scores, "judge:second") == [True, False, False, False]
    assert scores.height == 3 * EPISODES.height


def test_a_lost_verdict_is_never_a_fail():
    lost = _verdicts([True, None, None, False], ("scored", "unparsed", "refused", "scored"))
    scores = _scores(first=lost)
    assert _on(scores, "judge:first") == [True, None, None, False]
    bench = scores.filter(pl.col("path") == "bench")
    assert bench["passed"].to_list() == [True, False, None, False]
    assert bench["status"].to_list() == ["scored", "scored", "refused", "scored"]


def test_an_episode_that_the_engine_lost_is_unscored_on_every_path():
    episodes = EPISODES.with_columns(
        finish_reason=pl.when(pl.col("task_id") == "t0000").then(pl.lit("error")).otherwise("finish_reason")
    )
    failed = _verdicts([None, True, True, False], ("failed", "scored", "scored", "scored"))
    scores = _scores(failed, failed, episodes)
    assert scores.filter(pl.col("task_id") == "t0000")["status"].to_list() == ["failed"] * 3


def test_a_missing_verdict_is_an_error_that_names_the_episode():
    with pytest.raises(UserError, match=r"verdicts second/s/base.*1 times an episode without.*t0003"):
        _scores(second=OTHER.filter(pl.col("task_id") != "t0003"))


def test_a_verdict_for_an_unknown_episode_is_an_error():
    stray = _verdicts(
        [True, True, True, False], episodes=EPISODES.with_columns(sample=pl.lit(1, dtype=pl.Int64))
    )
    with pytest.raises(UserError, match="a verdict without an episode"):
        _scores(first=pl.concat([RIGHT, stray]))


def test_two_verdicts_on_one_episode_are_an_error():
    with pytest.raises(UserError, match="5 verdicts"):
        _scores(first=pl.concat([RIGHT, RIGHT.head(1)]))


@pytest.mark.parametrize(
    ("passed", "status"),
    [([None, True, True, True], ("scored",) * 4), ([True] * 4, ("scored", "scored", "scored", "failed"))],
)
def test_a_verdict_that_contradicts_its_status_is_an_error(passed, status):
    with pytest.raises(UserError, match="where, and only where, the status is `scored`"):
        _scores(first=_verdicts(passed, status))


def test_a_missing_or_strange_table_is_an_error():
    episodes, verdicts = [("s", "base", EPISODES)], [("first", "s", "base", RIGHT)]
    with pytest.raises(UserError, match="verdicts second/s/base: no such table"):
        build_scores(episodes, verdicts, TASKS, ["first", "second"], "first")
    with pytest.raises(UserError, match="verdicts first/m/base: found 'a table'"):
        build_scores(episodes, [*verdicts, ("first", "m", "base", RIGHT)], TASKS, ["first"], "first")
    with pytest.raises(UserError, match="verdicts first/s/base: found 'two tables'"):
        build_scores(episodes, verdicts * 2, TASKS, ["first"], "first")
    with pytest.raises(UserError, match="primary_judge"):
        build_scores(episodes, verdicts, TASKS, ["first"], "second")


def test_an_episode_of_an_unknown_task_is_an_error():
    with pytest.raises(UserError, match=r"episodes s/base, column task_id.*t0003"):
        _scores(tasks=TASKS.head(3))
