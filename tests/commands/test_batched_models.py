"""Claims about batches of teachers, of the judge of their answers, and of reference models."""

from __future__ import annotations

import json

import polars as pl
import pytest
from batch_server import BatchServer, serving, verdict
from made_specs import pack_of
from stub_models import chat_completion

from corpus import collect_demonstrations
from episodes import ask_reference
from skillift.contracts.pipeline import DEMONSTRATIONS, EPISODES, SKILLS, TASKS
from skillift.tables import read_table, write_table
from skillift.taskpack import build_pack

pytestmark = pytest.mark.slow

PACK = pack_of(skills=3, per_skill={"train": 2, "dev": 0, "holdout": 2})
TEACHER, JUDGE, BIG = "hosted_vllm/teacher", "hosted_vllm/judge", "hosted_vllm/big"
BATCHED = [f"--batch={name}" for name in (TEACHER, JUDGE, BIG)]


class Models:
    """Answers by the model's name; the teacher gets one task wrong at its first attempt."""

    def __init__(self, tasks: pl.DataFrame) -> None:
        self.references = dict(tasks.select("prompt", "reference").iter_rows())
        self.wrong = {tasks.filter(pl.col("suite") == "train")["prompt"].min()}

    def __call__(self, body: dict) -> tuple[int, dict]:
        if body["model"] == "judge":
            return verdict(body)
        prompt = body["messages"][0]["content"].rstrip("\n").rpartition("\n")[2]
        if prompt in self.wrong:
            self.wrong.remove(prompt)
            return 200, chat_completion("no idea")
        return 200, chat_completion(f"Step 1: Think\nANSWER: {self.references[prompt]}")


@pytest.fixture
def run(tmp_path, repository):
    skills, tasks = build_pack(PACK)
    write_table(skills, tmp_path / "skills.parquet", SKILLS)
    write_table(tasks, tmp_path / "tasks.parquet", TASKS)
    prompts = repository / "workflow_scripts/assets/prompts"

    def with_server(command, spec_of, out, *options, batch):
        server = BatchServer(Models(tasks))
        (tmp_path / out).mkdir()
        with serving(server) as address:

            def entry(model):
                price = {"input_per_million": 1.0, "output_per_million": 1.0}
                return {"model": model, "api_base": address, "max_tokens": 300, "price": price}

            command.main(
                [
                    f"--spec={json.dumps(spec_of(entry))}",
                    f"--tasks={tmp_path / 'tasks.parquet'}",
                    f"--skills={tmp_path / 'skills.parquet'}",
                    f"--task-template={prompts / 'task.jinja'}",
                    f"--cache={tmp_path / out / 'answers.sqlite'}",
                    f"--out={tmp_path / out / 'table.parquet'}",
                    *options,
                    *([*BATCHED, "--batch-poll-s=0.05"] if batch else []),
                ]
            )
        return tmp_path / out / "table.parquet", server

    return with_server


def test_each_attempt_of_a_teacher_is_a_batch_and_so_is_its_judging(run, repository):
    prompts = repository / "workflow_scripts/assets/prompts"
    templates = [f"--template={prompts / 'judge.jinja'}", f"--teacher-template={prompts / 'teacher.jinja'}"]

    def spec(entry):
        teacher = {"kind": "api", "attempts": 2, **entry(TEACHER)}
        return {"teacher": teacher, "condition": "curated", "judge": entry(JUDGE), "seed": 0}

    tables = {}
    for batch in (True, False):
        path, server = run(collect_demonstrations, spec, f"taught-{batch}", *templates, batch=batch)
        tables[batch] = read_table(path, DEMONSTRATIONS)
        assert (server.count("create"), server.count("chat")) == ((4, 0) if batch else (0, 14))
        assert server.answered().total() == 14
    assert tables[True].drop("cost_usd").equals(tables[False].drop("cost_usd"))
    assert tables[True]["passed"].to_list().count(False) == 1
    halves = tables[True]["cost_usd"] / tables[False]["cost_usd"]
    assert halves.to_list() == pytest.approx([0.5] * 7)


def test_the_answers_of_a_reference_model_are_a_batch(run):
    def spec(entry):
        asked = {"conditions": ["none", "curated"], "prompt_seed": 0, "suites": ["holdout"], "samples": 1}
        return {"name": "big", **asked, "reference": entry(BIG)}

    (batched, server), (direct, _) = (
        run(ask_reference, spec, f"asked-{batch}", batch=batch) for batch in (True, False)
    )
    assert (server.count("create"), server.count("chat")) == (1, 0)
    assert batched.read_bytes() == direct.read_bytes()
    assert read_table(batched, EPISODES).height == 12
