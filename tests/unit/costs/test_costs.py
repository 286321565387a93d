"""Claims about the estimate of costs: every call is counted, and an unknown price is never zero."""

from __future__ import annotations

import polars as pl
import pytest
import yaml

from skillift.chat.client import ChatModel
from skillift.costs.estimate import Cost, cost_of_calls, cost_table, study_costs
from skillift.study.study import load_study
from skillift.taskpack import build_pack

PRICE = {"input_per_million": 1.0, "output_per_million": 10.0}
TEACHER = {"kind": "api", "model": "hosted_vllm/teacher", "attempts": 3, "max_tokens": 300, "price": PRICE}
REFERENCE = {"tier": 9, "source": "api", "model": "hosted_vllm/big", "max_tokens": 700, "price": PRICE}


@pytest.fixture
def costs_of(repository, tmp_path):
    """Costs of the smoke study with changes, by stage."""
    plain = yaml.safe_load((repository / "studies/smoke.yaml").read_text(encoding="utf-8"))

    def costs(changes: dict, **options) -> dict[str, Cost]:
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump({**plain, **changes}))
        study = load_study(path)
        skills, tasks = build_pack(study.declared.tasks.pack)
        return {cost.stage: cost for cost in study_costs(study, tasks, skills, **options)}

    return costs


def test_every_call_of_the_design_is_counted(costs_of):
    judges = {
        "conclusion": {"model": "hosted_vllm/a", "price": PRICE},
        "tail": {"model": "offline/tail"},
    }
    costs = costs_of({"teacher": TEACHER, "references": {"big": REFERENCE}, "judges": judges})
    n_train, n_holdout, n_conditions, n_runs = (
        8 * 4,
        8 * 5,
        3,
        5,
    )  # two students and a reference, two trainings
    assert costs["demonstrations: teacher"].calls == 3 * n_train
    assert costs["demonstrations: judge"].calls == 3 * n_train
    assert costs["episodes: big"].calls == n_conditions * n_holdout
    assert costs["verdicts: conclusion"].calls == n_runs * n_conditions * n_holdout
    assert costs["verdicts: tail"].usd == 0
    assert costs["certification: conclusion"].calls > 20
    assert costs["demonstrations: teacher"].output_tokens == 3 * n_train * 300
    assert costs["episodes: big"].output_tokens == n_conditions * n_holdout * 700
    for cost in costs.values():
        expected = (cost.input_tokens * 1.0 + cost.output_tokens * 10.0) / 1e6
        assert cost.usd == pytest.approx(expected)


def test_a_paraphrase_of_every_chain_that_there_may_be_is_counted(costs_of, repository):
    plain = yaml.safe_load((repository / "studies/smoke.yaml").read_text(encoding="utf-8"))
    entry = {"model": "hosted_vllm/m", "max_tokens": 200, "price": PRICE}
    altering = {"conditions": ["curated", "none"], "paraphrase": entry}
    inference = plain["inference"] | {"interventions": altering}
    cost = costs_of({"inference": inference, "references": {"big": REFERENCE}})["paraphrases"]
    n_holdout, n_runs = 8 * 5, 4  # the reference model has no chains that an engine goes on from
    assert cost.calls == 2 * n_runs * n_holdout and cost.output_tokens == cost.calls * 200
    shorter = costs_of({"inference": inference}, response_tokens=8)["paraphrases"]
    assert cost.input_tokens - shorter.input_tokens == cost.calls * (inference["max_tokens"] - 8)
    assert "paraphrases" not in costs_of({"inference": plain["inference"] | {"interventions": {}}})


def test_a_study_without_models_over_an_api_costs_nothing(costs_of):
    costs = costs_of({})
    assert {cost.usd for cost in costs.values()} == {0.0}
    assert {cost.basis for cost in costs.values()} == {"offline"}


def test_longer_responses_cost_a_judge_more(costs_of):
    judges = {"conclusion": {"model": "hosted_vllm/a", "price": PRICE}, "tail": {"model": "offline/tail"}}
    short, long = (
        costs_of({"judges": judges}, response_tokens=length)["verdicts: conclusion"] for length in (10, 110)
    )
    assert long.input_tokens - short.input_tokens == short.calls * 100
    assert long.output_tokens == short.output_tokens


def test_a_judge_reads_the_longer_answers_of_a_reference_model(costs_of):
    judges = {"conclusion": {"model": "hosted_vllm/a", "price": PRICE}, "tail": {"model": "offline/tail"}}
    before = costs_of({"judges": judges})["verdicts: conclusion"]
    after = costs_of({"judges": judges, "references": {"big": REFERENCE}})["verdicts: conclusion"]
    added = (after.input_tokens - before.input_tokens) / (after.calls - before.calls)
    assert added - before.input_tokens / before.calls == pytest.approx(700 - 48, abs=1)


def test_an_unknown_price_is_unknown_and_told_beside_the_total(costs_of):
    judges = {"conclusion": {"model": "hosted_vllm/a"}, "tail": {"model": "offline/tail"}}
    costs = list(costs_of({"judges": judges}).values())
    assert {cost.usd for cost in costs if cost.model == "hosted_vllm/a"} == {None}
    table = cost_table(costs)
    assert "| unknown | unknown |" in table
    assert "| all, and 3 of unknown price |" in table


def test_prices_come_from_the_declaration_first_and_then_from_litellm():
    known = cost_of_calls("verdicts", ChatModel("openai/gpt-5.4"), 1, 10**6, 10**6)
    assert (known.usd, known.basis) == (pytest.approx(17.5), "litellm")  # not the price of very long prompts
    declared = cost_of_calls("verdicts", ChatModel("openai/gpt-5.4", price=(1.0, 2.0)), 1, 10**6, 10**6)
    assert (declared.usd, declared.basis) == (pytest.approx(3.0), "declared")


def test_prompts_are_counted_as_they_are_rendered(costs_of):
    one = costs_of({"references": {"big": REFERENCE}, "conditions": ["none", "curated"]})["episodes: big"]
    three = costs_of({"references": {"big": REFERENCE}})["episodes: big"]
    # the placebo is about as long as the procedure: half of the prompts are bare, then a third
    assert three.input_tokens / three.calls > 1.1 * one.input_tokens / one.calls


def test_the_study_of_the_tests_has_the_tasks_that_the_claims_count(repository):
    study = load_study(repository / "studies/smoke.yaml")
    _, tasks = build_pack(study.declared.tasks.pack)
    assert dict(tasks.group_by("suite").len().filter(pl.col("suite") != "dev").iter_rows()) == {
        "train": 32,
        "holdout": 40,
    }
