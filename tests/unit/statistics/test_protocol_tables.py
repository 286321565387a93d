"""Two protocols are never in one number: each has rows of its own, and those of `main` are what they were."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from made_specs import analysis_of
from score_tables import make_scores, make_tasks

from skillift.contracts.analysis import ANALYSIS_TABLES
from skillift.contracts.pipeline import SCORES
from skillift.contracts.pipeline import TASKS as TASKS_CONTRACT
from skillift.errors import ContractError, ProtocolMismatchError
from skillift.metrics.metric import of_metric
from skillift.protocols import MAIN, PROTOCOL, of_protocol, one_protocol, with_protocol
from skillift.statistics.analysis import Analysis, analyse
from skillift.statistics.looked_at import looked_at
from skillift.statistics.pairing import paired_difference, task_values, with_skills
from skillift.statistics.pass_rates import no_responses
from skillift.tables import check, read_table, write_table

TASKS = make_tasks(n_skills=6, per_skill=3)
RUNS = [
    {"student": "s", "run": "base", "recipe": None, "seed": None},
    {"student": "s", "run": "sft-s0", "recipe": "sft", "seed": 0},
]
SPEC = {
    "analysis": {"confidence": 0.95, "bootstrap_samples": 100, "seed": 0, "splits": 2},
    "runs": RUNS,
}
N_SAMPLES = 4


def _scores(paths: tuple[str, ...], n_samples: int, seed: int) -> pl.DataFrame:
    generator = np.random.default_rng(seed)
    arms = {
        (path, "s", run, step, condition): (generator.random(TASKS.height * n_samples) < rate).tolist()
        for path in paths
        for run, step, gain in (("base", 0, 0.0), ("sft-s0", 8, 0.3))
        for condition, rate in (("none", 0.2 + gain), ("curated", 0.4 + gain))
    }
    return make_scores(arms, n_samples=n_samples)


GREEDY = _scores(("bench", "judge:c"), 1, 1)
SAMPLES = _scores(("bench",), N_SAMPLES, 2)
BOTH = pl.concat([with_protocol(GREEDY, MAIN), with_protocol(SAMPLES, "sampling")])


@pytest.fixture(scope="module")
def alone() -> Analysis:
    return analyse(GREEDY, TASKS, no_responses(), *analysis_of(SPEC))


@pytest.fixture(scope="module")
def both() -> Analysis:
    return analyse(BOTH, TASKS, no_responses(), *analysis_of(SPEC))


def test_tables_of_main_are_those_of_a_study_without_protocols(alone, both):
    for name, table in alone._asdict().items():
        assert of_protocol(getattr(both, name)).equals(table), name


def test_a_study_without_protocols_has_no_such_column(alone):
    assert not any(PROTOCOL in table.columns for table in alone)


def test_tables_with_protocols_keep_their_contracts(both, tmp_path):
    for name, table in both._asdict().items():
        write_table(table, tmp_path / f"{name}.parquet", ANALYSIS_TABLES[name])
        read = read_table(tmp_path / f"{name}.parquet", ANALYSIS_TABLES[name])
        assert (PROTOCOL in read.columns) == (name in ("pass_rates", "effects", "seed_variance", "claims"))


def test_the_samples_of_a_protocol_have_the_metrics_of_many_samples_and_main_has_not(both):
    metrics = both.pass_rates.group_by(PROTOCOL).agg(pl.col("metric").unique()).sort(PROTOCOL)
    of_main, of_sampling = (set(names) for names in metrics["metric"])
    assert of_main == {"pass"} and of_sampling == {"pass", "pass@2", "pass@4"}
    rates = both.pass_rates.filter(protocol="sampling", metric="pass", run="base", condition="none")
    passed = SAMPLES.filter(run="base", condition="none")["passed"].mean()
    assert rates["pass_rate"].to_list() == [pytest.approx(passed)]
    assert set(rates["path"]) == {"bench"}


def test_readers_of_the_headline_see_main_alone(alone, both):
    assert of_metric(both.effects).equals(of_metric(alone.effects))


def test_what_no_judge_was_to_score_is_not_lost(both):
    tasks = make_tasks(n_skills=6, per_skill=3, judge_scored=3)
    unjudged = SAMPLES.join(tasks.filter(scorer="judge"), on="task_id", how="anti")
    scores = pl.concat([with_protocol(GREEDY, MAIN), with_protocol(unjudged, "sampling")])
    rates = analyse(scores, tasks, no_responses(), *analysis_of(SPEC)).pass_rates.filter(
        protocol="sampling", metric="pass"
    )
    assert set(rates["n_unscored"]) == {0} and set(rates["n_tasks"]) == {15}


def test_an_episode_of_a_protocol_that_has_no_row_is_lost(both):
    fewer = SAMPLES.filter(~((pl.col("task_id") == "t0000") & (pl.col("sample") == 0)))
    scores = pl.concat([with_protocol(GREEDY, MAIN), with_protocol(fewer, "sampling")])
    rates = analyse(scores, TASKS, no_responses(), *analysis_of(SPEC)).pass_rates.filter(
        protocol="sampling", metric="pass"
    )
    assert set(rates["n_unscored"]) == {1}


@pytest.mark.parametrize(
    "pooled",
    [
        lambda scores: with_skills(scores, TASKS),
        task_values,
        one_protocol,
        lambda scores: one_protocol(scores.filter(protocol="main"), scores.filter(protocol="sampling")),
        lambda scores: one_protocol(scores.filter(protocol="main"), GREEDY),
    ],
)
def test_two_protocols_in_one_number_are_refused(pooled):
    known = with_skills(GREEDY, TASKS).select("task_id", "skill_id", "scorer").unique()
    with pytest.raises(ProtocolMismatchError, match="column protocol: found"):
        pooled(BOTH.join(known, on="task_id"))


def test_a_difference_of_two_protocols_is_refused():
    one, other = (
        with_protocol(task_values(with_skills(frame, TASKS)).filter(path="bench", condition="none"), name)
        for name, frame in ((MAIN, GREEDY), ("sampling", SAMPLES))
    )
    paired_difference(one, one)
    with pytest.raises(ProtocolMismatchError):
        paired_difference(one, other)


def test_a_look_is_at_every_protocol():
    main = looked_at(GREEDY, TASKS, "bench").sha256
    assert looked_at(with_protocol(GREEDY, MAIN), TASKS, "bench").sha256 == main
    one = looked_at(BOTH, TASKS, "bench").sha256
    assert one != main
    changed = BOTH.with_columns(
        passed=pl.when(protocol="sampling", task_id="t0000").then(~pl.col("passed")).otherwise("passed")
    )
    assert looked_at(changed, TASKS, "bench").sha256 != one


def test_a_table_that_is_not_by_protocol_may_have_no_such_column():
    check(BOTH.select(PROTOCOL, *SCORES.columns), SCORES, "scores")
    check(TASKS, TASKS_CONTRACT, "tasks")
    with pytest.raises(ContractError, match="column_not_in_schema"):
        check(with_protocol(TASKS, MAIN), TASKS_CONTRACT, "tasks")
