"""Same answers after interventions: what a task's value is, and what the claim makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from claim_tables import make_runs
from made_specs import estimated
from score_tables import make_scores, make_tasks, passes
from study_specs import all_specs

from skillift.contracts.claims import CLAIMS
from skillift.contracts.interventions import INTERVENED
from skillift.errors import UserError
from skillift.metrics.chain import METRICS
from skillift.metrics.names import TEXT
from skillift.path_patterns import PathPattern
from skillift.preflight.access import missing
from skillift.preflight.models import chat_models, unknown_prices
from skillift.statistics.analysis import of_metric_alone
from skillift.statistics.interventions import interventions_of
from skillift.statistics.metric_values import metric_values
from skillift.statistics.pairing import with_skills
from skillift.statistics.pass_rates import no_responses
from skillift.study.study import Study, load_study
from skillift.tables import check, read_existing, write_table

RUNS = make_runs({("s", "sft"): (0,)})
TASKS = make_tasks(10, 4)


def made(same: list[bool | str | None], kind: str = "early", cut: float = 0.5) -> pl.DataFrame:
    """INTERVENED of the tasks in turn: whether the answer is the same, null, or why nothing was asked."""
    ids = TASKS["task_id"].sort().to_list()
    rows = [
        {
            "step": 0,
            "suite": "holdout",
            "condition": "curated",
            "task_id": task_id,
            "sample": 0,
            "kind": kind,
            "cut": cut,
            "status": each if isinstance(each, str) else "answered",
            "response": None if isinstance(each, str) else "ANSWER: 1",
            "answer": None if isinstance(each, str | None) else "1",
            "same": None if isinstance(each, str) else each,
            "finish_reason": None if isinstance(each, str) else "stop",
            "tokens": None if isinstance(each, str) else 3,
            "kept": None if isinstance(each, str) else cut,
        }
        for task_id, each in zip(ids, same, strict=False)
    ]
    schema = {name: column.dtype.type for name, column in INTERVENED.columns.items()}
    return check(pl.DataFrame(rows, schema=schema), INTERVENED, "made")


def of_run(frame: pl.DataFrame, run: str) -> pl.DataFrame:
    step = 0 if run == "base" else 9
    return frame.with_columns(student=pl.lit("s"), run=pl.lit(run), step=pl.lit(step, dtype=pl.Int64))


def scores() -> pl.DataFrame:
    arms = {
        (f"judge:{judge}", "s", run, step, condition): passes(20, TASKS.height)
        for judge in ("a",)
        for run, step in (("base", 0), ("sft-s0", 9))
        for condition in ("none", "curated")
    }
    return make_scores(arms)


def values_of(*frames: pl.DataFrame) -> dict[str, pl.DataFrame]:
    known = with_skills(scores(), TASKS)
    return dict(metric_values(known, TASKS, no_responses(), pl.concat(frames)))


def test_a_value_is_the_share_of_same_answers_on_the_path_text():
    found = values_of(of_run(made([True, False, None, "no_chain", "not_altered"]), "base"))
    assert set(found["same_answer:early@0.5"]["path"]) == {TEXT}
    rows = found["same_answer:early@0.5"].sort("task_id")
    assert rows.select("value", "low", "high", "n_unscored").rows() == [
        (1.0, 1.0, 1.0, 0),
        (0.0, 0.0, 0.0, 0),
        (None, 0.0, 1.0, 1),
    ]


def test_a_chain_is_had_by_what_could_not_be_altered_too():
    rows = of_run(made([True, "no_chain", "no_answer_line", "no_room"], "forced", 1.0), "base")
    found = values_of(rows)
    assert found["chain"].sort("task_id")["value"].to_list() == [1.0, 0.0, 0.0, 1.0]
    assert found["same_answer:forced"]["value"].to_list() == [1.0]


def test_chains_without_a_paraphrase_are_counted_where_there_are_any():
    before = of_run(made([True, "not_paraphrased", "no_chain", "no_room"], "paraphrase", 1.0), "base")
    after = of_run(made([True, False, "no_answer_line", None], "paraphrase", 1.0), "sft-s0")
    found = values_of(before, after)["not_paraphrased"].sort("run", "task_id")
    assert found["value"].to_list() == [0.0, 1.0, 0.0, 0.0, 0.0, 0.0] and found["n_unscored"].sum() == 0
    assert "not_paraphrased" not in values_of(after)
    rates = values_of(before)["same_answer:paraphrase"]
    assert rates["value"].to_list() == [1.0]


def test_each_kind_and_cut_is_a_metric_of_its_own_and_a_study_without_has_none():
    names = {metric.name for metric in METRICS}
    assert {"same_answer:early@0", "same_answer:mistake@0.25", "same_answer:blanked@0.95"} <= names
    assert {"same_answer:paraphrase", "same_answer:other_chain", "chain"} <= names and len(names) == 65
    one = values_of(of_run(made([True]), "base"))
    assert {name for name in one if name in names} == {"same_answer:early@0.5"}
    known = with_skills(scores(), TASKS)
    assert not names & dict(metric_values(known, TASKS, no_responses())).keys()


def claims_of(before: list, after: list) -> pl.DataFrame:
    frame = pl.concat([of_run(made(before), "base"), of_run(made(after), "sft-s0")])
    known = metric_values(with_skills(scores(), TASKS), TASKS, no_responses(), frame)
    made_of = {name: values for name, values in known if name.startswith("same_answer")}
    return pl.concat(
        [
            pl.DataFrame(schema={name: column.dtype.type for name, column in CLAIMS.columns.items()}),
            *(
                of_metric_alone(
                    name, values, no_responses(), RUNS, estimated({"confidence": 0.95}), TASKS
                ).claims
                for name, values in made_of.items()
            ),
        ]
    )


def test_fewer_same_answers_after_sft_support_the_claim_and_more_contradict_it():
    stays, moves = [True] * 36 + [False] * 4, [False] * 34 + [True] * 6
    hangs_more, hangs_less = claims_of(stays, moves), claims_of(moves, stays)
    assert hangs_more["claim"].to_list() == ["faithfulness:early@0.5"]
    assert hangs_more["word"].item() == "supported" and hangs_more["estimate"].item() == -0.75
    assert (
        hangs_less["word"].item() == "contradicted" and hangs_less["metric"].item() == "same_answer:early@0.5"
    )


def test_a_gain_is_over_the_tasks_with_a_chain_before_and_after():
    before, after = [True] * 20 + ["no_chain"] * 20, ["no_answer_line"] * 10 + [False] * 30
    row = claims_of(before, after).row(0, named=True)
    assert row["n_tasks"] == 10 and row["estimate"] == -1.0 and row["n_unscored"] == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([True] * 40, ["no_chain"] * 40),
        (["no_answer_line"] * 40, [True] * 40),
        ([True] * 40, [None] * 40),
        ([True] * 20 + ["no_chain"] * 20, ["no_chain"] * 20 + [True] * 20),
    ],
    ids=["none after", "none before", "none read", "none of both"],
)
def test_without_such_tasks_the_claim_is_undefined(before, after):
    found = claims_of(before, after)
    assert set(found["word"]) <= {"undefined"}


def test_no_chain_at_all_makes_no_claim():
    assert claims_of(["no_chain"] * 40, ["no_answer_line"] * 40).is_empty()


def test_the_tables_of_runs_that_have_one_are_read(tmp_path):
    pattern = PathPattern(str(tmp_path / "{student}-{run}.parquet"), ("student", "run"))
    write_table(made([True, None]), tmp_path / "s-base.parquet", INTERVENED)
    runs = [*(run.names for run in RUNS), {"student": "api", "run": "base"}]
    found = interventions_of(read_existing(pattern, runs, INTERVENED))
    assert (
        found.select("student", "run").unique().rows() == [("s", "base")] and "response" not in found.columns
    )
    with pytest.raises(UserError, match=r"r-base\.parquet"):
        read_existing(pattern, [{"student": "r", "run": "base"}], INTERVENED)


def test_a_study_asks_for_it_and_other_studies_keep_their_specs(tmp_path, repository):
    text = (repository / "studies/smoke.yaml").read_text()
    plain = load_study(repository / "studies/smoke.yaml")
    asking = Path(tmp_path / "asking.yaml")
    asking.write_text(text.replace("inference: {", "inference: {interventions: {kinds: [early]}, "))
    before, after = (
        each.episodes_spec("s", "base").model_dump(exclude_none=True) for each in (plain, load_study(asking))
    )
    assert "interventions" not in json.dumps(before)
    assert after["inference"].pop("interventions") == {
        "protocol": "main",
        "conditions": ["curated"],
        "kinds": ["early"],
        "cuts": [0.0, 0.25, 0.5, 0.75],
    }
    assert after == before
    assert load_study(asking).train_spec("s", "sft-s0") == plain.train_spec("s", "sft-s0")


def test_a_condition_that_the_study_has_not_is_told_before_the_first_job(tmp_path, repository):
    text = (repository / "studies/smoke.yaml").read_text()
    asking = Path(tmp_path / "asking.yaml")
    asking.write_text(
        text.replace("inference: {", "inference: {interventions: {conditions: [curated, filler]}, ")
    )
    expected = r"conditions\[1\]: found 'filler', expected a condition of the study \(one of none"
    with pytest.raises(UserError, match=expected):
        load_study(asking)


def asking(folder: Path, repository: Path, altered: str) -> Study:
    """The smoke study with interventions."""
    text = (repository / "studies/smoke.yaml").read_text()
    path = folder / "asking.yaml"
    path.write_text(text.replace("inference: {", f"inference: {{interventions: {altered}, "))
    return load_study(path)


def test_who_paraphrases_is_in_the_settings_of_the_paraphrases_alone(tmp_path, repository):
    entry = "{{model: hosted_vllm/{}, longest: {}}}"
    local = asking(tmp_path, repository, "{kinds: [paraphrase]}")
    one, other, longer = (
        all_specs(asking(tmp_path, repository, f"{{kinds: [paraphrase], paraphrase: {each}}}"))
        for each in (entry.format("m", 2.0), entry.format("n", 2.0), entry.format("m", 3.0))
    )
    for changed in (other, longer):
        assert {name for name in one if one[name] != changed[name]} == {"paraphrases"}
    # the first pass leaves them out, whoever is asked, and the second answers as the first did
    specs = all_specs(local)
    answering = {name for name in one if name.startswith("episodes ")}
    assert {name for name in specs if specs[name] != one[name]} == answering
    altering = json.loads(one["episodes s base"])["inference"]["interventions"]
    assert altering.pop("second_pass") is True and altering["kinds"] == ["paraphrase"]
    assert json.loads(specs["episodes s base"])["inference"]["interventions"] == altering
    assert local.paraphraser is None


def test_the_paraphraser_is_among_the_models_that_need_a_key_and_a_price(tmp_path, repository, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    study = asking(tmp_path, repository, "{paraphrase: {model: openai/gpt-4o}}")
    assert [model.where for model in chat_models(study)] == ["inference.interventions.paraphrase"]
    named = "inference.interventions.paraphrase, key 'model' (openai/gpt-4o): found 'no OPENAI_API_KEY"
    (line,) = missing(study, [("paraphrase_chains", {"student": "s", "run": "base"}), ("generate", {})])
    assert line.startswith(named)
    dear = asking(tmp_path, repository, "{paraphrase: {model: hosted_vllm/m}}")
    (line,) = unknown_prices(dear, {"budget_usd": 1.0})
    assert line.startswith("inference.interventions.paraphrase")
