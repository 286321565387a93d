"""The two passes of a chat model's paraphrases: `generate`, `paraphrase_chains`, `force_paraphrases`."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from chained_students import LISTS, write_chained_student
from inferences import INFERENCE
from stub_models import chat_completion, chat_server
from tiny_models import write_student

from episodes import force_paraphrases, generate, merge_shards, paraphrase_chains
from skillift.contracts.interventions import CHAINS, INTERVENED, PARAPHRASES
from skillift.contracts.pipeline import SKILLS, TASKS
from skillift.episodes.interventions import told_in_a_sentence
from skillift.errors import UserError
from skillift.tables import read_table, write_json, write_table

pytestmark = pytest.mark.models

ASKED = LISTS[3::20]
ALTERED = {"conditions": ["curated"], "kinds": ["early", "paraphrase"], "cuts": [0.0]}
SECOND = ALTERED | {"second_pass": True}
FENCED = re.compile(r"<<<text (\w{16})>>>\n(.*)\n<<<end text \1>>>", re.DOTALL)


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    """A folder with a student that answers from its chain, tasks, and what two first passes wrote."""
    folder = tmp_path_factory.mktemp("study")
    write_chained_student(folder / "model", needs_chain=True)
    (folder / "task.jinja").write_text("{{ prompt }}")
    skills = {"skill_id": ["a"], "name": ["a"], "domain": ["x"], "steps": [["Copy.", "Take."]]}
    write_table(pl.DataFrame(skills), folder / "skills.parquet", SKILLS)
    tasks = {
        "task_id": [f"a.{place}" for place in range(len(ASKED))],
        "skill_id": "a",
        "suite": "holdout",
        "prompt": ASKED,
        "reference": [items.split()[-1] for items in ASKED],
        "scorer": "answer_line",
        "answer_type": "number",
        "worked_solution": pl.Series([None] * len(ASKED), dtype=pl.String),
    }
    write_table(pl.DataFrame(tasks), folder / "tasks.parquet", TASKS)
    for name, altered in (("local", ALTERED), ("first", SECOND)):
        generated(folder, name, altered, *(["--chains", str(folder / "chains")] if name == "first" else []))
    return folder


def spec_of(altered: dict, **more) -> str:
    inference = INFERENCE | {"max_tokens": 40, "interventions": altered}
    return json.dumps(
        {
            "conditions": ["none", "curated"],
            "prompt_seed": 0,
            "inference": inference,
            "checkpoints": [0],
            **more,
        }
    )


def generated(folder: Path, name: str, altered: dict, *more: str, **spec) -> None:
    files = {
        "tasks": "tasks.parquet",
        "skills": "skills.parquet",
        "task-template": "task.jinja",
        "model": "model",
    }
    options = [text for option, file in files.items() for text in (f"--{option}", str(folder / file))]
    outputs = ["--out", str(folder / f"{name}-episodes"), "--intervened", str(folder / name)]
    generate.main([*options, *outputs, *more, "--spec", spec_of(altered, **spec)])


def paraphrased(folder: Path, repository: Path, address: str, out: Path, *more: str, **entry) -> pl.DataFrame:
    """The table of the command `paraphrase_chains`, which asks a server of this machine."""
    entry = {"model": "hosted_vllm/m", "api_base": address} | entry
    files = {
        "chains": folder / "chains",
        "template": repository / "workflow_scripts/assets/prompts/paraphrase.jinja",
        "cache": out.parent / "answers.sqlite",
        "out": out,
    }
    options = [text for name, file in files.items() for text in (f"--{name}", str(file))]
    paraphrase_chains.main([*options, *more, "--spec", json.dumps({"paraphrase": entry})])
    return read_table(out, PARAPHRASES)


def forced(folder: Path, out: Path, *more: str, **spec) -> pl.DataFrame:
    """The table of the command `force_paraphrases`; of options that are given twice, the last counts."""
    files = {"tasks": "tasks.parquet", "model": "model", "first": "first", "chains": "chains"}
    options = [text for name, file in files.items() for text in (f"--{name}", str(folder / file))]
    paraphrases, out = out, out.with_suffix(".forced")
    options += ["--paraphrases", str(paraphrases), "--out", str(out)]
    force_paraphrases.main([*options, *more, "--spec", spec_of(SECOND, **spec)])
    return read_table(out, INTERVENED)


def chain_in(body: dict) -> str:
    """The chain that a request asks to paraphrase."""
    (message,) = body["messages"]
    return FENCED.search(message["content"])[2]


def reply(text: str) -> tuple[int, dict]:
    return 200, chat_completion(json.dumps({"paraphrase": text}))


def in_a_sentence(body: dict) -> tuple[int, dict]:
    return reply(told_in_a_sentence(chain_in(body)) or chain_in(body))


def test_in_the_words_of_the_local_rule_two_passes_give_the_table_of_one(study, repository, tmp_path):
    chains, local = read_table(study / "chains", CHAINS), read_table(study / "local", INTERVENED)
    first = read_table(study / "first", INTERVENED)
    assert first.equals(local.filter(pl.col("kind") != "paraphrase"))
    with chat_server(in_a_sentence) as (address, arrived):
        table = paraphrased(study, repository, address, tmp_path / "told")
        n_asked = len(arrived)
        again = paraphrased(study, repository, address, tmp_path / "again")
        assert len(arrived) == n_asked == table.height == chains["text"].n_unique()
    assert again.equals(table) and "task" not in json.dumps(arrived[0]["messages"])
    assert {body["temperature"] for body in arrived} == {0.0}
    assert {body["response_format"]["type"] for body in arrived} == {"json_schema"}
    found = forced(study, tmp_path / "told")
    answered = found.filter(kind="paraphrase", status="answered")
    assert answered.height > 5 and answered["same"].any() and not answered["same"].all()
    # a chain without labels is told as it was, which is none
    status = pl.col("status").replace("not_paraphrased", "not_altered")
    assert found.with_columns(status).equals(local)


def test_what_fails_its_check_is_left_out_and_the_others_are_forced(study, repository, tmp_path):
    chains = read_table(study / "chains", CHAINS)
    bad, lost, *_ = sorted(chains.filter(pl.col("text").str.contains("Step"))["text"].unique())

    def respond(body: dict) -> tuple[int, dict]:
        chain = chain_in(body)
        if chain == bad.strip():
            return reply("It is 99.")
        return (400, {"error": {"message": "no"}}) if chain == lost.strip() else in_a_sentence(body)

    with chat_server(respond) as (address, _):
        with pytest.raises(UserError, match=r"inference\.interventions\.paraphrase .*: 1 of \d+ failed"):
            paraphrased(study, repository, address, tmp_path / "told")
        assert not (tmp_path / "told").exists()
        allowed = ("--max-failed-share", "0.5")
        table = paraphrased(study, repository, address, tmp_path / "told", *allowed)
    status = dict(table.select("chain", "status").iter_rows())
    assert (status[bad], status[lost]) == ("numbers_changed", "failed")
    found = forced(study, tmp_path / "told").filter(kind="paraphrase")
    left_out = chains.filter(pl.col("text").is_in([bad, lost]))["task_id"]
    of_these = found.filter(pl.col("task_id").is_in(left_out.implode()))
    assert set(of_these["status"]) == {"not_paraphrased"} and of_these["same"].null_count() == len(left_out)
    assert set(found.filter(~pl.col("task_id").is_in(left_out.implode()))["status"]) >= {"answered"}


def test_an_emulated_run_answers_with_the_training_that_it_borrows(study, repository, tmp_path):
    """The small student is the large one here, so its training alone answers."""
    with chat_server(in_a_sentence) as (address, _):
        paraphrased(study, repository, address, tmp_path / "told")
    plain = forced(study, tmp_path / "told")
    shutil.copytree(study / "model", tmp_path / "checkpoints/step-6")
    write_json({"steps": {"6": {}}, "final_step": 6}, tmp_path / "manifest.json")
    for name, contract in (("first", INTERVENED), ("chains", CHAINS)):
        later = read_table(study / name, contract).with_columns(step=pl.lit(6, dtype=pl.Int64))
        write_table(later, tmp_path / name, contract)
    options = {name: name for name in ("first", "chains", "checkpoints")} | {"manifest": "manifest.json"}
    more = [text for name, file in options.items() for text in (f"--{name}", str(tmp_path / file))]
    more += ["--small", str(study / "model")]
    emulated = {"emulated": {"student": "s", "run": "sft-s0", "weight": 1.0}, "checkpoints": ["final"]}
    found = forced(study, tmp_path / "told", *more, **emulated)
    assert found.equals(plain.with_columns(step=pl.lit(6, dtype=pl.Int64)))


def test_a_model_that_cannot_keep_the_form_is_asked_little(study, repository, tmp_path):
    few = ("--max-unparsed-in-a-row", "3", "--concurrency", "1")
    with chat_server(lambda _: (200, chat_completion("Sure! It is so."))) as (address, arrived):
        with pytest.raises(
            UserError, match=r"3 replies in a row .* One of them: 'Sure! It is so.'.*response_format"
        ):
            paraphrased(study, repository, address, tmp_path / "told", *few)
        assert len(arrived) < 6
    with chat_server(lambda _: (200, chat_completion('{"para', "length"))) as (address, arrived):
        with pytest.raises(UserError, match="raise max_tokens of inference"):
            paraphrased(study, repository, address, tmp_path / "told", *few, max_tokens=4)
        assert {body["max_tokens"] for body in arrived} == {4}


def test_words_that_a_students_tokenizer_cannot_write_are_no_paraphrase(study, repository, tmp_path):
    with chat_server(lambda body: reply(f"\N{SNOWMAN} {chain_in(body)}")) as (address, _):
        table = paraphrased(study, repository, address, tmp_path / "told")
    assert "paraphrased" in set(table["status"])
    assert "answered" not in set(forced(study, tmp_path / "told").filter(kind="paraphrase")["status"])


def test_a_run_without_chains_needs_no_engine_and_asks_nobody(repository, tmp_path, study):
    """A model of random weights writes no ANSWER line."""
    for name in ("tasks.parquet", "skills.parquet", "task.jinja"):
        (tmp_path / name).write_bytes((study / name).read_bytes())
    write_student(tmp_path / "model")
    generated(tmp_path, "first", SECOND, "--chains", str(tmp_path / "chains"))
    assert read_table(tmp_path / "chains", CHAINS).is_empty()
    assert paraphrased(tmp_path, repository, "http://127.0.0.1:9/v1", tmp_path / "told").is_empty()
    (tmp_path / "model/model.safetensors").unlink()
    found = forced(tmp_path, tmp_path / "told")
    assert set(found.filter(kind="paraphrase")["status"]) == {"no_answer_line"}


def test_chains_of_shards_are_put_together(study, tmp_path):
    names = ("episodes", "served", "prompts", "parity", "intervened", "chains")
    for shard in range(2):
        outputs = [(f"--{name}", str(tmp_path / f"{shard}{name}")) for name in names if name != "episodes"]
        more = [text for option in outputs for text in option]
        generated(study, f"shard{shard}", SECOND, *more, "--shard", str(shard), shards=2)
        (study / f"shard{shard}-episodes").rename(tmp_path / f"{shard}episodes")
    options = [
        text
        for name in names
        for text in (f"--{name}", str(tmp_path / f"1{name}"), str(tmp_path / f"0{name}"))
    ]
    for name in names:
        options += ["--out" if name == "episodes" else f"--{name}-out", str(tmp_path / name)]
    merge_shards.main([*options, "--spec", "{}"])
    assert read_table(tmp_path / "chains", CHAINS).equals(read_table(study / "chains", CHAINS))


def test_chains_are_written_where_the_spec_has_a_second_pass_alone(study):
    with pytest.raises(
        UserError, match=r"--chains: found .*, expected a spec with `interventions\.second_pass`"
    ):
        generated(study, "other", ALTERED, "--chains", str(study / "other-chains"))
