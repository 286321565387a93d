"""The command `check_served`: for the base model, and for a trained run."""

from __future__ import annotations

import json

import polars as pl
import pytest
from stub_models import make_episodes

from episodes import check_served
from skillift.contracts.pipeline import EPISODES
from skillift.contracts.served_checks import ANSWER_CHECK, PROBES, PROMPTS, SERVED, SERVED_CHECK
from skillift.engines.probes import PROBE_SCHEMA, served_table
from skillift.errors import UserError
from skillift.tables import read_table, write_table

SPEC = {"student": "s", "run": "sft-s0", "precision": "float32", "thinking": False}
ENDING = "<|im_start|>assistant\n"


@pytest.fixture
def run(tmp_path):
    """Episodes of two tasks, what was asked, and the probes of one checkpoint; what the command is given."""
    episodes = make_episodes({"a": "ANSWER: 1", "b": "ANSWER: 2"}).with_columns(
        step=pl.lit(6, pl.Int64), prompt_tokens=pl.lit(12, pl.Int64)
    )
    write_table(episodes, tmp_path / "episodes.parquet", EPISODES)
    keys = ["step", "suite", "condition", "task_id", "prompt_sha256"]
    prompts = episodes.select(*keys, tokens="prompt_tokens").with_columns(
        generation_prompt=pl.lit(ENDING), other_generation_prompt=pl.lit(None, pl.String)
    )
    write_table(prompts, tmp_path / "prompts.parquet", PROMPTS)
    rows = [(0, "t", 0, [1], [2, 3], [-3.0, -3.0]), (6, "t", 0, [1], [2, 3], [-1.0, -2.0])]
    probes = pl.DataFrame(rows, schema=PROBE_SCHEMA, orient="row")
    write_table(probes, tmp_path / "probes.parquet", PROBES)
    served = served_table(probes.filter(step=6), 6, [[-1.0, -2.0]])
    write_table(served, tmp_path / "served.parquet", SERVED)
    return tmp_path


def arguments(folder, *names) -> list[str]:
    files = [text for name in names for text in (f"--{name}", str(folder / f"{name}.parquet"))]
    return ["--spec", json.dumps(SPEC), *files, "--out", str(folder / "out.parquet")]


def test_a_trained_run_is_compared_with_its_trainer_and_with_what_was_asked(run):
    check_served.main(arguments(run, "episodes", "prompts", "probes", "served", "answers"))
    assert read_table(run / "out.parquet", SERVED_CHECK)["from_base"].to_list() == [1.5]
    answers = read_table(run / "answers.parquet", ANSWER_CHECK).row(0, named=True)
    assert (answers["step"], answers["n_episodes"], answers["prompt_tokens"]) == (6, 2, 24)


def test_the_base_model_has_nothing_to_be_compared_with_but_what_was_asked(run):
    write_table(pl.read_parquet(run / "served.parquet").clear(), run / "served.parquet", SERVED)
    check_served.main(arguments(run, "episodes", "prompts", "served", "answers"))
    assert read_table(run / "out.parquet", SERVED_CHECK).is_empty()
    assert read_table(run / "answers.parquet", ANSWER_CHECK).height == 1


def test_a_trained_run_is_compared_with_what_the_base_model_was_asked(run):
    prompts = read_table(run / "prompts.parquet", PROMPTS)
    names = ("episodes", "prompts", "base-prompts", "probes", "served", "answers")
    of_base = prompts.with_columns(step=pl.lit(0, pl.Int64))
    write_table(of_base, run / "base-prompts.parquet", PROMPTS)
    check_served.main(arguments(run, *names))
    write_table(of_base.with_columns(prompt_sha256=pl.lit("f" * 64)), run / "base-prompts.parquet", PROMPTS)
    with pytest.raises(UserError, match=r"s/sft-s0, step 6, task a .* that of the run base, ffff"):
        check_served.main(arguments(run, *names))


def test_nothing_is_written_where_the_check_fails(run):
    cut = pl.read_parquet(run / "prompts.parquet").with_columns(tokens=pl.lit(13, pl.Int64))
    write_table(cut, run / "prompts.parquet", PROMPTS)
    with pytest.raises(UserError, match=r"s/sft-s0, step 6, task a .*expected 'all 13|expected all 13"):
        check_served.main(arguments(run, "episodes", "prompts", "probes", "served", "answers"))
    write_table(cut.with_columns(tokens=pl.lit(12, pl.Int64)), run / "prompts.parquet", PROMPTS)
    base = served_table(pl.read_parquet(run / "probes.parquet").filter(step=6), 6, [[-3.0, -3.0]])
    write_table(base, run / "served.parquet", SERVED)
    with pytest.raises(UserError, match="The engine serves the base model"):
        check_served.main(arguments(run, "episodes", "prompts", "probes", "served", "answers"))
    assert not (run / "out.parquet").exists()
