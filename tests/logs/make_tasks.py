"""Tasks for other harnesses from a finished study: called by make_logs.sh."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow_scripts"))

from skillift.tasks.conditions import condition_steps
from skillift.tasks.prompts import render_user_message

SKILLS = 12
LM_EVAL = """task: skills_{condition}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {file}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{answer}}}}"
generation_kwargs: {{until: [], max_gen_toks: 96, do_sample: false}}
filter_list:
  - name: answer-line
    filter:
      - {{function: regex, regex_pattern: "ANSWER: (.+)"}}
      - {{function: take_first}}
metric_list:
  - {{metric: exact_match, aggregation: mean, higher_is_better: true}}
metadata: {{version: 1.0}}
"""
INSPECT = """from inspect_ai import Task, task
from inspect_ai.dataset import FieldSpec, json_dataset
from inspect_ai.scorer import pattern
from inspect_ai.solver import generate


@task
def skills(condition: str = "none"):
    fields = FieldSpec(input="question", target="answer", id="id", metadata=["skill"])
    data = json_dataset(f"{folder}/{{condition}}.jsonl", fields)
    name = f"skills_{{condition}}"
    return Task(dataset=data, solver=generate(), scorer=pattern(r"ANSWER: (.+)"), name=name)
"""
LIGHTEVAL = '''"""The same tasks for lighteval: `--custom-tasks` of this file."""

import re

import numpy as np
from lighteval.metrics.metrics_sample import ExactMatches, F1_score
from lighteval.metrics.utils.metric_utils import SampleLevelMetric
from lighteval.tasks.lighteval_task import LightevalTaskConfig
from lighteval.tasks.requests import Doc, SamplingMethod


def answer_of(text: str) -> str:
    found = re.search("ANSWER: (.+)", text)
    return found[1].strip() if found else ""


def asked(row: dict, task: str) -> Doc:
    known = {{"id": row["id"], "skill": row["skill"]}}
    return Doc(task_name=task, query=row["question"], choices=[row["answer"]], gold_index=0, specific=known)


def metric(name: str, computed) -> SampleLevelMetric:
    return SampleLevelMetric(
        metric_name=name,
        sample_level_fn=computed,
        category=SamplingMethod.GENERATIVE,
        corpus_level_fn=np.mean,
        higher_is_better=True,
    )


TASKS_TABLE = [
    LightevalTaskConfig(
        name=f"skills_{{condition}}",
        prompt_function=asked,
        hf_repo="{folder}",
        hf_subset=condition,
        hf_avail_splits=["test"],
        evaluation_splits=["test"],
        metrics=[
            metric("em", ExactMatches(normalize_pred=answer_of)),
            metric("f1", F1_score(normalize_pred=answer_of)),
        ],
        generation_size=96,
        stop_sequence=[],
    )
    for condition in ("none", "curated")
]
'''
# what tells lighteval (datasets) where the rows of each condition are
CARD = """---
configs:
- config_name: none
  data_files: [{split: test, path: none.jsonl}]
- config_name: curated
  data_files: [{split: test, path: curated.jsonl}]
---
"""


def main(results: Path, out: Path) -> None:
    """Write the tasks of both conditions, and their descriptions for the three harnesses."""
    skills = pl.read_parquet(results / "skills/holdout.parquet")
    kept = skills["skill_id"].sort().head(SKILLS)
    tasks = pl.read_parquet(results / "tasks/holdout.parquet").filter(
        pl.col("skill_id").is_in(kept.implode()), suite="holdout"
    )
    for condition in ("none", "curated"):
        rows = [
            {
                "id": task["task_id"],
                "skill": task["skill_id"],
                "question": render_user_message(
                    task["prompt"], condition_steps(skills, task["skill_id"], condition, 0)
                ),
                "answer": task["reference"],
            }
            for task in tasks.sort("task_id").to_dicts()
        ]
        file = out.resolve() / f"{condition}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        (out / f"{condition}.yaml").write_text(
            LM_EVAL.format(condition=condition, file=file), encoding="utf-8"
        )
    (out / "skills_task.py").write_text(INSPECT.format(folder=out.resolve()), encoding="utf-8")
    (out / "lighteval_tasks.py").write_text(LIGHTEVAL.format(folder=out.resolve()), encoding="utf-8")
    (out / "README.md").write_text(CARD, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
