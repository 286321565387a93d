"""Claims about the command `judge.py`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from score_tables import make_tasks
from stub_models import chat_completion, chat_server, make_episodes

from skillift.contracts.pipeline import EPISODES, TASKS, VERDICTS
from skillift.errors import UserError
from skillift.tables import read_table, write_table
from verdicts import judge

RESPONSES = {"t0000": "ANSWER: 0", "t0001": "ANSWER: 7", "t0002": "", "t0003": "So the result is 3."}
SPEC = {"name": "conclusion", "judge": {"model": "offline/conclusion", "max_tokens": 256}}


@pytest.fixture
def arguments(tmp_path, repository):
    write_table(make_tasks(n_skills=2, per_skill=2), tmp_path / "tasks.parquet", TASKS)
    write_table(make_episodes(RESPONSES), tmp_path / "episodes.parquet", EPISODES)

    def build(spec=SPEC, out="verdicts.parquet", **options):
        paths = {
            "episodes": tmp_path / "episodes.parquet",
            "tasks": tmp_path / "tasks.parquet",
            "template": repository / "workflow_scripts/assets/prompts/judge.jinja",
            "cache": tmp_path / "state" / "answers.sqlite",
            "out": tmp_path / out,
            **options,
        }
        return ["--spec", json.dumps(spec), *(part for k, v in paths.items() for part in (f"--{k}", str(v)))]

    return build


def test_each_episode_gets_a_verdict_and_twice_the_same_bytes(arguments, tmp_path):
    for out in ("a.parquet", "b.parquet"):
        judge.main(arguments(out=out))
    verdicts = read_table(tmp_path / "a.parquet", VERDICTS)
    assert verdicts["passed"].to_list() == [True, False, False, True]
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_several_runs_are_judged_in_one_process_as_they_are_alone(arguments, tmp_path, capsys):
    other = tmp_path / "other.parquet"
    write_table(make_episodes({"t0001": "ANSWER: 1"}), other, EPISODES)
    judge.main(arguments(out="alone.parquet"))
    both = arguments(out="first.parquet")
    for option, path in (("--episodes", other), ("--out", tmp_path / "second.parquet")):
        both.insert(both.index(option) + 2, str(path))
    judge.main(both)
    assert (tmp_path / "first.parquet").read_bytes() == (tmp_path / "alone.parquet").read_bytes()
    assert read_table(tmp_path / "second.parquet", VERDICTS)["passed"].to_list() == [True]
    with pytest.raises(SystemExit):
        judge.main([*both, "third.parquet"])
    assert "found 3 files, expected 2" in capsys.readouterr().err


def test_a_judge_over_an_api_is_asked_once_and_a_second_run_makes_no_call(arguments, tmp_path):
    reply = '{"conclusion": "0", "passed": true}'
    with chat_server(lambda _: (200, chat_completion(reply))) as (address, arrived):
        spec = {
            "name": "api",
            "judge": {"model": "hosted_vllm/served", "api_base": address, "max_tokens": 64},
        }
        judge.main(arguments(spec, "a.parquet", concurrency=2, timeout=20))
        assert len(arrived) == 4
        judge.main(arguments(spec, "b.parquet"))
        assert len(arrived) == 4
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert read_table(tmp_path / "a.parquet", VERDICTS)["prompt_tokens"].to_list() == [7] * 4


def test_a_cache_that_cannot_be_made_ends_the_job_before_any_call(arguments, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    with pytest.raises(UserError, match=r"answers\.sqlite: the cache of answers cannot be used"):
        judge.main(arguments(cache=blocked / "answers.sqlite"))
    assert not (tmp_path / "verdicts.parquet").exists()


def test_a_template_without_a_placeholder_is_named(arguments, tmp_path):
    template = tmp_path / "mine.jinja"
    template.write_text("{{ task }} {{ response }}")
    with pytest.raises(UserError, match=r"mine\.jinja: judge template.*reference"):
        judge.main(arguments(template=template))


@pytest.mark.slow
def test_as_a_program_it_is_quiet_and_an_error_is_one_line(arguments, scripts, tmp_path):
    command = [sys.executable, str(scripts / "verdicts/judge.py")]
    good = subprocess.run(command + arguments(), capture_output=True, text=True, check=False)
    assert (good.returncode, good.stdout) == (0, "")
    assert "Traceback" not in good.stderr
    assert "Task was destroyed" not in good.stderr
    (tmp_path / "episodes.parquet").unlink()
    bad = subprocess.run(command + arguments(), capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert bad.stderr.startswith("error: ")
    assert bad.stderr.count("\n") == 1
