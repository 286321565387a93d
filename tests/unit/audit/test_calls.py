"""Which calls over APIs an audit counts: those whose answers are not kept, at most those of the design."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path

import polars as pl
import pytest
from study_files import REPOSITORY

from skillift.audit.calls import planned_calls
from skillift.audit.kept_answers import kept_answers
from skillift.audit.plan import AGAIN, REUSED, Job, Plan
from skillift.chat.answer_cache import AnswerCache
from skillift.chat.models import ChatAnswer, ChatModel, ChatRequest
from skillift.contracts.interventions import CHAINS
from skillift.errors import UserError
from skillift.judging.certification import read_cases
from skillift.judging.verdicts import REPLY_SCHEMA, render_judge_prompt
from skillift.provenance import canonical
from skillift.study.study import load_study
from skillift.tables import write_table

pytestmark = pytest.mark.slow

PROMPTS = REPOSITORY / "workflow_scripts/assets/prompts"
ENTRY = "{model: openai/judge, max_tokens: 100, price: {input_per_million: 1, output_per_million: 10}}"
CASES = read_cases(PROMPTS / "certification.yaml")
REPLY = '{"conclusion": "3", "passed": true}'


@pytest.fixture
def study(tmp_path):
    """The smoke study with its second judge behind an API, at a declared price."""
    text = (REPOSITORY / "studies/smoke.yaml").read_text(encoding="utf-8")
    path = tmp_path / "study.yaml"
    path.write_text(text.replace("{model: offline/tail, max_tokens: 256}", ENTRY), encoding="utf-8")
    return load_study(path)


def certification(study, judge="tail", **others) -> Job:
    files = {"cases": (str(PROMPTS / "certification.yaml"),), "template": (str(PROMPTS / "judge.jinja"),)}
    spec = canonical(study.judge_spec(judge))
    return Job("certify_judge", {"judge": judge}, "certification", AGAIN, spec=spec, inputs=files, **others)


def keep(path: Path, study, cases) -> None:
    """Keep answers to some cases as a run would."""
    model = ChatModel.from_entry(study.declared.judges["tail"])
    template = (PROMPTS / "judge.jinja").read_text(encoding="utf-8")
    with AnswerCache(path) as cache:
        for case in cases:
            messages = [{"role": "user", "content": render_judge_prompt(case.candidate, template)}]
            answer = ChatAnswer("answered", REPLY, cost_usd=0.01)
            cache.put(ChatRequest(model, messages, REPLY_SCHEMA).key(), asdict(answer))


def test_kept_answers_are_not_counted(study, tmp_path):
    keep(tmp_path / "answers.sqlite", study, CASES[:100])
    (found,) = planned_calls(Plan((certification(study),)), study, tmp_path / "answers.sqlite")
    assert (found.kept, found.calls, found.at_most) == (100, len(CASES) - 100, False)
    assert found.models == ("openai/judge",)
    assert found.basis == "declared"
    assert 0 < found.usd < (len(CASES) - 100) * (2000 * 1 + 100 * 10) / 1e6


def test_where_nothing_is_kept_every_request_counts(study, tmp_path):
    (found,) = planned_calls(Plan((certification(study),)), study, tmp_path / "none.sqlite")
    assert (found.kept, found.calls) == (0, len(CASES))
    assert not (tmp_path / "none.sqlite").exists()


def test_offline_judges_call_nobody(study, tmp_path):
    assert planned_calls(Plan((certification(study, "conclusion"),)), study, tmp_path / "none.sqlite") == []


def test_jobs_that_are_reused_call_nobody(study, tmp_path):
    job = Job("certify_judge", {"judge": "tail"}, "certification", REUSED)
    assert planned_calls(Plan((job,)), study, tmp_path / "none.sqlite") == []


def test_verdicts_on_episodes_that_are_made_again_count_at_most_the_designs(study, tmp_path):
    runs = [(run.student, run.run) for run in study.runs]
    jobs = [
        Job("generate", {"student": s, "run": r}, "episodes", AGAIN, outputs=(f"episodes/{s}/{r}.parquet",))
        for s, r in runs
    ]
    spec = canonical(study.judge_spec("tail"))
    judged = [
        Job(
            "judge",
            {"judge": "tail", "student": s, "run": r},
            "verdicts",
            AGAIN,
            needs=(number,),
            spec=spec,
            inputs={"episodes": (f"episodes/{s}/{r}.parquet",)},
        )
        for number, (s, r) in enumerate(runs)
    ]
    found = planned_calls(Plan((*jobs, *judged)), study, tmp_path / "none.sqlite")
    # 40 holdout tasks x 3 conditions x 4 runs
    assert [calls.at_most for calls in found] == [True] * len(runs)
    assert sum(calls.calls for calls in found) == 480
    assert len({calls.calls for calls in found}) == 1


def test_verdicts_on_episodes_that_come_in_shards_count_as_others_do(study, tmp_path):
    run = {"student": "s", "run": "base"}
    episodes = "episodes/s/base.parquet"
    merged = Job("merge_shards", run, "episodes", AGAIN, outputs=(episodes,))
    files = {"episodes": (episodes,)}
    judged = Job("judge", {"judge": "tail", **run}, "verdicts", AGAIN, needs=(0,), inputs=files)
    (found,) = planned_calls(Plan((merged, judged)), study, tmp_path / "none.sqlite")
    assert (found.calls, found.at_most) == (40 * 3, True)


PARAPHRASING = (
    "inference: {interventions: {paraphrase: {model: openai/p, max_tokens: 100, "
    "price: {input_per_million: 1, output_per_million: 10}}}, "
)


def paraphrasing(study, chains: Path, **others) -> Job:
    files = {"chains": (str(chains),), "template": (str(PROMPTS / "paraphrase.jinja"),)}
    spec, run = canonical(study.paraphrases_spec()), {"student": "s", "run": "base"}
    return Job("paraphrase_chains", run, "episodes", AGAIN, spec=spec, inputs=files, **others)


def test_paraphrases_are_counted_by_the_different_chains_and_else_by_the_design(tmp_path):
    text = (REPOSITORY / "studies/smoke.yaml").read_text(encoding="utf-8")
    path, chains, answers = tmp_path / "study.yaml", tmp_path / "chains.parquet", tmp_path / "answers.sqlite"
    path.write_text(text.replace("inference: {", PARAPHRASING), encoding="utf-8")
    study = load_study(path)
    job = paraphrasing(study, chains)
    (found,) = planned_calls(Plan((job,)), study, answers)
    # 40 holdout tasks under `curated`
    assert (found.calls, found.at_most, found.models, found.basis) == (40, True, ("openai/p",), "declared")
    assert 0 < found.usd < 40 * (1000 * 1 + 100 * 10) / 1e6
    rows = [
        (0, "holdout", "curated", f"t{place}", 0, [1], "", [2], said, [3], "3", 2, 64)
        for place, said in enumerate(["So.", "Thus.", "So.", ""])
    ]
    ids = dict.fromkeys(("prompt", "chain", "marker"), pl.List(pl.Int64))
    frame = pl.DataFrame(rows, schema=[*CHAINS.columns], schema_overrides=ids, orient="row")
    write_table(frame, chains, CHAINS)
    (found,) = planned_calls(Plan((job,)), study, answers)
    assert (found.calls, found.kept, found.at_most) == (2, 0, False)


def test_what_this_studys_calls_cost_goes_before_the_price(study, tmp_path):
    table = tmp_path / "verdicts.parquet"
    pl.DataFrame({"cost_usd": [0.0, 0.2, 0.4]}).write_parquet(table)
    job = certification(study, outputs=(str(table),))
    (found,) = planned_calls(Plan((job,)), study, tmp_path / "none.sqlite")
    assert found.basis == "measured"
    assert found.usd == pytest.approx(0.3 * len(CASES))


def test_the_file_of_answers_is_read_without_leaving_a_trace_even_beside_an_open_log(study, tmp_path):
    path = tmp_path / "answers.sqlite"
    keep(path, study, CASES[:3])
    with AnswerCache(path) as writer:
        writer.put("fresh", asdict(ChatAnswer("answered", REPLY)))  # stands in SQLite's log alone
        before = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in tmp_path.iterdir()}
        with kept_answers(path) as kept:
            assert kept.execute("SELECT COUNT(*) FROM answers").fetchone() == (4,)
        after = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in tmp_path.iterdir()}
    assert before == after and "answers.sqlite-wal" in before


def test_a_file_that_is_no_cache_of_answers_is_named(tmp_path):
    path = tmp_path / "answers.sqlite"
    path.write_text("no database", encoding="utf-8")
    with (
        pytest.raises(UserError, match=r"answers\.sqlite: the cache of answers cannot be read"),
        kept_answers(path),
    ):
        pass
