"""A chat model paraphrases a student's chains: by the workflow's own rules, on a model trained here.

The chat model is a server on this machine, asked by litellm over HTTP, which says the labelled steps in
running prose. What an edit of its entry reruns is seen on the finished tables.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from chained_students import LISTS, write_chained_student
from planner import jobs_in
from projects import copy_project, dry_run, replace_in, started_snakemake
from stub_models import chat_completion, chat_server

from skillift.contracts.interventions import CHAINS, INTERVENED, PARAPHRASES
from skillift.episodes.interventions import told_in_a_sentence
from skillift.tables import read_table

# make test holds it in parts: commands/test_paraphrases.py, workflow/test_interventions.py
pytestmark = [pytest.mark.integration, pytest.mark.nightly]

STUDY, TABLE = "studies/told.yaml", "results/told/interventions/s/base.parquet"
FENCED = re.compile(r"<<<text (\w{16})>>>\n(.*)\n<<<end text \1>>>", re.DOTALL)
OF_PARAPHRASES = {"paraphrase_chains s base", "force_paraphrases s base"}


def written(folder: Path, address: str) -> None:
    """The study, its student and its tasks."""
    write_chained_student(folder / "mine/model", needs_chain=True)
    tasks = [
        {
            "task_id": f"t{place}",
            "suite": "holdout",
            "skill_id": "a",
            "prompt": prompt,
            "reference": prompt.split()[-1],
        }
        for place, prompt in enumerate(LISTS[3::20])
    ]
    (folder / "mine/tasks.jsonl").write_text("".join(f"{json.dumps(task)}\n" for task in tasks))
    skills = {"a": {"name": "a", "steps": ["Step 1: Copy.", "Step 2: Flip.", "Step 3: Take."]}}
    (folder / "mine/skills.yaml").write_text(yaml.safe_dump(skills))
    entry = {"model": "hosted_vllm/m", "api_base": address}
    altering = {"conditions": ["none", "curated"], "kinds": ["paraphrase"], "paraphrase": entry}
    study = {
        "name": "told",
        "tasks": {"files": {"tasks": "../mine/tasks.jsonl", "skills": "../mine/skills.yaml"}},
        "conditions": ["none", "curated"],
        "students": {"s": {"tier": 1, "source": "path", "path": "../mine/model"}},
        "judges": {"conclusion": {"model": "offline/conclusion"}},
        "primary_judge": "conclusion",
        "inference": {"engine": "transformers", "max_tokens": 40, "interventions": altering},
    }
    (folder / STUDY).write_text(yaml.safe_dump(study, sort_keys=False))


def test_its_paraphrases_are_asked_for_once_and_forced_and_an_edit_of_it_reruns_them_alone(tmp_path):
    folder, asked = copy_project(tmp_path / "project"), Counter[str]()

    def respond(body: dict) -> tuple[int, dict]:
        chain = FENCED.search(body["messages"][0]["content"])[2]
        asked[chain] += 1
        told = told_in_a_sentence(chain) or "It is 9."
        return 200, chat_completion(json.dumps({"paraphrase": told}))

    def made(*options: str) -> str:
        done = started_snakemake(folder, *options, TABLE, study=STUDY)
        assert done.returncode == 0, done.stdout
        return done.stdout

    with chat_server(respond) as (address, _):
        written(folder, address)
        made()
        told = read_table(folder / "results/told/paraphrases/s/base.parquet", PARAPHRASES)
        chains = read_table(folder / "results/told/chains/s/base.parquet", CHAINS)
        assert set(asked.values()) == {1} and len(asked) == told.height == chains["text"].n_unique()
        table = read_table(folder / TABLE, INTERVENED)
        answered = table.filter(kind="paraphrase", status="answered", condition="none")
        assert answered.height > 10 and answered["same"].any()
        before = (folder / TABLE).read_bytes()
        # nothing to do; what is lost is made of kept answers
        assert jobs_in(dry_run(folder, TABLE, study=STUDY).stdout) == set()
        (folder / "results/told/paraphrases/s/base.parquet").unlink()
        made()
        assert set(asked.values()) == {1} and (folder / TABLE).read_bytes() == before
        # an edit of the chat model's entry, or of what asks it
        replace_in(folder / STUDY, "model: hosted_vllm/m", "model: hosted_vllm/other")
        assert jobs_in(dry_run(folder, TABLE, study=STUDY).stdout) == OF_PARAPHRASES
        replace_in(folder / STUDY, "model: hosted_vllm/other", "model: hosted_vllm/m\n      longest: 0.1")
        made()
        assert set(asked.values()) == {1}
    status = read_table(folder / TABLE, INTERVENED).filter(kind="paraphrase")["status"]
    assert set(status) <= {"not_paraphrased", "no_chain", "no_answer_line"}
