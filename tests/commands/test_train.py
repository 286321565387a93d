"""The command `train`: files in, files out, the manifest last."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hybrid_models import write_hybrid_student
from tiny_models import write_student

from skillift.contracts.pipeline import CORPUS, TASKS
from skillift.contracts.served_checks import PROBES
from skillift.contracts.training import RUN_LOG, TRAINED_TOKENS
from skillift.errors import UserError
from skillift.tables import folder_digests, read_table, sha256_file, write_table
from training import train

pytestmark = pytest.mark.models

SPEC = {
    "objective": "sft",
    "trainable": {"lora": {"rank": 2, "alpha": 4, "dropout": 0.0}},
    "learning_rate": 1.0e-2,
    "epochs": 1,
    "batch_size": 2,
    "schedule": "linear",
    "warmup_ratio": 0.0,
    "weight_decay": 0.0,
    "checkpoints": [1, "final"],
    "seed": 0,
    "precision": "float32",
    "thinking": False,
}

DPO = {"objective": "dpo", "start": "sft", "beta": 0.5, "sft_weight": 0.3}
GRPO = {"objective": "grpo", "generations": 6, "max_tokens": 12, "beta": 0.1, "start": "sft"}


def _as_the_start(folder: Path) -> Path:
    return write_student(folder, seed=5)


def _tasks(corpus: pl.DataFrame) -> pl.DataFrame:
    """Tasks that some answers of an untrained student get right: those with a 1."""
    plain = {"skill_id": "x", "suite": "train", "prompt": "?", "reference": "1", "answer_type": "text"}
    plain |= {"scorer": "pattern", "worked_solution": None, "pattern": "(1)"}
    shown = [pl.lit(value, pl.String).alias(name) for name, value in plain.items()]
    return corpus.select("task_id", *shown)


def prepare(folder: Path, write=write_student, **changes) -> list[str]:
    """Files of a training in `folder`, and the command's arguments."""
    folder.mkdir(exist_ok=True)
    write(folder / "model")
    (folder / "base.json").write_text("{}")
    messages = [
        [{"role": "user", "content": "1?" * (n + 1)}, {"role": "assistant", "content": f"ANSWER: {n}"}]
        for n in range(4)
    ]
    corpus = pl.DataFrame({"task_id": list("abcd"), "attempt": [0] * 4, "messages": messages})
    if changes.get("objective") == "dpo":
        corpus = corpus.with_columns(rejected=pl.Series([f"ANSWER: {n}{n}" for n in range(4)]))
    write_table(corpus, folder / "corpus.parquet", CORPUS)
    names = {"model": "model", "base-manifest": "base.json", "corpus": "corpus.parquet", "state": "state"}
    names |= {"manifest": "out/manifest.json", "checkpoints": "out/checkpoints"}
    names |= {name: f"out/{name}.parquet" for name in ("log", "probes", "trained-tokens")}
    if changes.get("objective") == "grpo":
        write_table(_tasks(corpus), folder / "tasks.parquet", TASKS)
        names |= {"tasks": "tasks.parquet"}
    if "start" in changes:
        write_student(folder / "earlier/checkpoints/step-3", seed=5)
        (folder / "earlier/manifest.json").write_text('{"final_step": 3, "steps": {"3": {}}}')
        names |= {"start": "earlier/checkpoints", "start-manifest": "earlier/manifest.json"}
    options = [text for name, file in names.items() for text in (f"--{name}", str(folder / file))]
    return [*options, "--threads", "1", "--spec", json.dumps({**SPEC, **changes})]


@pytest.fixture
def arguments(tmp_path) -> list[str]:
    return prepare(tmp_path)


def test_a_training_leaves_checkpoints_log_and_manifest(arguments, tmp_path):
    train.main(arguments)
    assert sorted(path.name for path in (tmp_path / "out/checkpoints").iterdir()) == ["step-1", "step-2"]
    assert read_table(tmp_path / "out/log.parquet", RUN_LOG).height == 2
    probes = read_table(tmp_path / "out/probes.parquet", PROBES)
    assert probes.select("step", "task_id").rows() == [(step, task) for step in (0, 1, 2) for task in "abcd"]
    assert read_table(tmp_path / "out/trained-tokens.parquet", TRAINED_TOKENS)["task_id"].to_list() == list(
        "abcd"
    )
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["base"] == sha256_file(tmp_path / "base.json")
    assert sorted(manifest["steps"]) == ["1", "2"] and manifest["final_step"] == 2
    assert not (tmp_path / "state").exists()


def test_a_failed_training_leaves_no_manifest(arguments, tmp_path):
    spec = json.dumps({**SPEC, "checkpoints": [99]})
    with pytest.raises(UserError, match="found 99"):
        train.main([*arguments[:-1], spec])
    assert not (tmp_path / "out/manifest.json").exists()


def test_a_training_goes_on_from_the_last_checkpoint_of_the_run_that_it_starts_from(tmp_path):
    train.main(prepare(tmp_path, **DPO))
    from_it = read_table(tmp_path / "out/probes.parquet", PROBES).filter(step=0)
    without = {name: value for name, value in DPO.items() if name != "start"}
    train.main(prepare(tmp_path / "other", _as_the_start, **without))
    as_base = read_table(tmp_path / "other/out/probes.parquet", PROBES).filter(step=0)
    assert from_it.equals(as_base)
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["start"] == sha256_file(tmp_path / "earlier/manifest.json")
    assert manifest["base"] == sha256_file(tmp_path / "base.json")
    assert manifest["spec"]["start"] == "sft"
    log = read_table(tmp_path / "out/log.parquet", RUN_LOG)
    assert log.columns[-3:] == ["margin", "chosen_logprob", "rejected_logprob"]


@pytest.mark.parametrize(
    ("start", "given", "says"),
    [("sft", [], "key start: found 'sft'"), (None, ["--start", "c"], "key start: found None")],
)
def test_where_it_starts_is_told_exactly_where_the_spec_names_it(arguments, start, given, says):
    spec = json.dumps({**SPEC, **({"start": start} if start else {})})
    with pytest.raises(UserError, match=says):
        train.main([*arguments[:-1], spec, *given])


def test_a_run_without_its_last_checkpoint_is_no_start(tmp_path):
    arguments = prepare(tmp_path, **DPO)
    (tmp_path / "earlier/manifest.json").write_text('{"final_step": 9, "steps": {"3": {}}}')
    with pytest.raises(UserError, match=r"checkpoints: found \[3\], expected one at its last step, 9"):
        train.main(arguments)


# at drawn steps and moments of one of 16 steps
MANY_KILLS = [
    (step, random.Random(step).choice(["step", "saving"]))
    for step in sorted(random.Random(7).sample(range(2, 16), 6))
]
KILLS = [(random.Random(seed).randint(2, 7), "step") for seed in (0, 1, 2)]


DROPOUT = {"trainable": {"lora": {"rank": 2, "alpha": 4, "dropout": 0.1}}}  # the draws go on, too


@pytest.mark.parametrize(
    ("write", "kills", "options", "changes"),
    [
        (write_student, [KILLS[0], (4, "saving"), (8, "keeping"), (8, "merging")], [], DROPOUT),
        (write_student, [KILLS[1], (8, "saving")], ["--device-batch-size", "1"], DPO),
        (write_student, [KILLS[2], (8, "saving")], ["--device-batch-size", "1"], GRPO),
        pytest.param(
            write_student,
            MANY_KILLS,
            [],
            {**DPO, "epochs": 8, "checkpoints": [3, 9, "final"]},
            marks=pytest.mark.nightly,
        ),
        pytest.param(
            write_hybrid_student,
            KILLS[1:],
            ["--device-batch-size", "1"],
            DROPOUT,
            marks=pytest.mark.nightly,
        ),
    ],
    ids=[
        "qwen3",
        "preferences-accumulating",
        "rewards-accumulating",
        "preferences-often",
        "qwen3.5-accumulating",
    ],
)
def test_a_training_killed_again_and_again_ends_with_the_bytes_of_one_that_was_not(
    tmp_path, write, kills, options, changes
):
    changes = {"epochs": 4, "checkpoints": [3, "final"], **changes}
    whole, killed = (prepare(tmp_path / name, write, **changes) for name in ("whole", "killed"))
    train.main([*whole, *options])
    script = Path(__file__).parents[1] / "helpers/killed_training.py"
    moments = [f"{step}:{moment}" for step, moment in sorted(kills)]
    command = [sys.executable, str(script), *moments, "--", *killed, *options, "--state-interval-s", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == [str(-signal.SIGKILL)] * len(kills), done.stderr
    assert not (tmp_path / "killed/out/manifest.json").exists()
    taken_up = last_step_of(tmp_path / "killed/state/trainer")
    assert taken_up >= max(step for step, _ in kills) - 2
    train.main([*killed, *options])
    assert folder_digests(tmp_path / "killed/out") == folder_digests(tmp_path / "whole/out")
    assert not (tmp_path / "killed/state").exists()


def last_step_of(folder: Path) -> int:
    """The last step of which there is a whole state."""
    return max(int(path.parent.name.rpartition("-")[2]) for path in folder.glob("*/complete"))
