"""Protocols from episodes to scores: each row on the paths of its protocol, and no verdict paid twice."""

from __future__ import annotations

import json

import polars as pl
import pytest
from score_tables import make_tasks
from stub_models import chat_completion, chat_server, make_episodes

from skillift.chat.client import ChatClient, ChatModel
from skillift.contracts.pipeline import EPISODES, SCORES, TASKS, VERDICTS
from skillift.errors import UserError
from skillift.judging.scoring import build_scores
from skillift.judging.verdicts import judge_episodes, read_template
from skillift.protocols import of_protocol, with_protocol
from skillift.tables import check, read_table, write_table
from verdicts import judge

TASKS_FRAME = make_tasks(n_skills=1, per_skill=3, judge_scored=1)
GREEDY = with_protocol(
    make_episodes({"t0000": "ANSWER: 0", "t0001": "ANSWER: 7", "t0002": "It is 2."}), "main"
)
SAMPLES = pl.concat(
    with_protocol(
        make_episodes({"t0000": text, "t0001": "ANSWER: 1", "t0002": "It is 2."}), "sampling"
    ).with_columns(sample=pl.lit(number, pl.Int64))
    for number, text in enumerate(("ANSWER: 0", "ANSWER: 5"))
)
BOTH = pl.concat([GREEDY, SAMPLES])


@pytest.fixture
def template(repository) -> str:
    return read_template(repository / "workflow_scripts/assets/prompts/judge.jinja")


def judged(episodes: pl.DataFrame, template: str, protocols: list[str] | None) -> pl.DataFrame:
    with ChatClient() as client:
        model = ChatModel("offline/conclusion")
        return judge_episodes(episodes, TASKS_FRAME, model, template, client, protocols=protocols)


def scored(template: str, judges_of: dict[str, list[str]]) -> pl.DataFrame:
    protocols = [name for name, judges in judges_of.items() if judges]
    verdicts = check(judged(BOTH, template, protocols), VERDICTS, "verdicts")
    scores = build_scores(
        [("s", "base", BOTH)], [("c", "s", "base", verdicts)], TASKS_FRAME, ["c"], "c", judges_of
    )
    return check(scores.select("protocol", *SCORES.columns), SCORES, "scores")


def test_rows_of_a_protocol_without_judges_stand_on_bench_alone(template):
    scores = scored(template, {"main": ["c"], "sampling": []})
    counts = scores.group_by("protocol", "path").len().sort("protocol", "path").rows()
    # the task that a judge alone can score has no row there: it is no lost verdict
    assert counts == [("main", "bench", 3), ("main", "judge:c", 3), ("sampling", "bench", 4)]
    assert scores["passed"].null_count() == 0
    assert of_protocol(scores, "sampling")["passed"].to_list() == [True, False, True, True]


def test_a_judged_protocol_has_a_row_on_each_path(template):
    scores = scored(template, {"main": ["c"], "sampling": ["c"]})
    assert scores.group_by("protocol", "path").len()["len"].sort().to_list() == [3, 3, 6, 6]


def test_rows_of_main_are_what_they_are_without_other_protocols(template):
    beside = of_protocol(scored(template, {"main": ["c"], "sampling": ["c"]}))
    alone = of_protocol(GREEDY)
    verdicts = judged(alone, template, None)
    scores = build_scores([("s", "base", alone)], [("c", "s", "base", verdicts)], TASKS_FRAME, ["c"], "c")
    assert beside.equals(scores)


def test_verdicts_of_a_protocol_that_is_not_judged_are_refused(template):
    verdicts = judged(BOTH, template, None)
    with pytest.raises(UserError, match="a verdict without an episode"):
        build_scores(
            [("s", "base", BOTH)],
            [("c", "s", "base", verdicts)],
            TASKS_FRAME,
            ["c"],
            "c",
            {"main": ["c"], "sampling": []},
        )


def test_a_new_protocol_is_judged_where_it_says_something_new_and_no_verdict_is_paid_twice(
    repository, tmp_path
):
    write_table(TASKS_FRAME, tmp_path / "tasks.parquet", TASKS)
    reply = json.dumps({"conclusion": "x", "passed": True})

    def run(episodes: pl.DataFrame, out: str, protocols: list[str] | None) -> pl.DataFrame:
        write_table(episodes, tmp_path / "episodes.parquet", EPISODES)
        entry = {"model": "hosted_vllm/j", "api_base": address, "max_tokens": 64}
        entry |= {"price": {"input_per_million": 1.0, "output_per_million": 1.0}}
        spec = {"name": "j", "judge": entry} | ({"protocols": protocols} if protocols else {})
        options = {
            "spec": json.dumps(spec),
            "episodes": tmp_path / "episodes.parquet",
            "tasks": tmp_path / "tasks.parquet",
            "template": repository / "workflow_scripts/assets/prompts/judge.jinja",
            "cache": tmp_path / "answers.sqlite",
            "out": tmp_path / out,
        }
        judge.main([part for name, value in options.items() for part in (f"--{name}", str(value))])
        return read_table(tmp_path / out, VERDICTS)

    with chat_server(lambda body: (200, chat_completion(reply))) as (address, arrived):
        run(of_protocol(GREEDY), "before.parquet", None)
        assert len(arrived) == 3
        none = run(BOTH, "unjudged.parquet", ["main"])
        assert len(arrived) == 3 and set(none["protocol"]) == {"main"}
        both = run(BOTH, "judged.parquet", None)
        # of six samples two texts are new: the others were answered greedily, or are asked once
        assert len(arrived) == 5
        assert both.height == 9 and both["status"].to_list() == ["scored"] * 9
        run(BOTH, "again.parquet", None)
        assert len(arrived) == 5
