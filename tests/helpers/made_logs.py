"""Made-up logs of other harnesses, in the form of the real ones in tests/logs/, to be spoilt by tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import polars as pl

TIME = "2026-11-29T23-48-28.483706"
GENERATION = {"until": [], "max_gen_toks": 96, "do_sample": False}


def line(number: int, score: object, **changes: object) -> dict:
    """One line of samples of lm_eval; a change to None leaves the field out."""
    found = {
        "doc_id": number,
        "doc": {"id": f"q{number}", "skill": f"skill {number // 2}", "question": f"Question {number}?"},
        "target": str(number),
        "arguments": {"gen_args_0": {"arg_0": f"Question {number}?", "arg_1": GENERATION}},
        "resps": [[f"It is {number}."]],
        "filtered_resps": [str(number)],
        "filter": "none",
        "metrics": ["exact_match"],
        "doc_hash": f"doc {number}",
        "prompt_hash": f"prompt {number}",
        "target_hash": f"target {number}",
        "exact_match": score,
    }
    kept = {name: value for name, value in (found | changes).items() if value is not None}
    return kept | {"exact_match": score}


def write_lm_eval(
    folder: Path,
    lines: list[dict] | list[str],
    task: str = "sums",
    time: str = TIME,
    results: Mapping | None = None,
    **settings: object,
) -> Path:
    """A folder as `lm_eval --log_samples` writes it; `settings` are those of the task's config."""
    folder.mkdir(parents=True, exist_ok=True)
    text = [each if isinstance(each, str) else json.dumps(each) for each in lines]
    samples = folder / f"samples_{task}_{time}.jsonl"
    samples.write_text("".join(f"{each}\n" for each in text), encoding="utf-8")
    config = {"generation_kwargs": GENERATION, "output_type": "generate_until"} | settings
    path = folder / f"results_{time}.json"
    found = json.loads(path.read_text()) if path.exists() else {"configs": {}, "versions": {}, "n-shot": {}}
    found["configs"][task], found["versions"][task], found["n-shot"][task] = config, 1.0, 0
    path.write_text(json.dumps(found | {"model_name": "a model"} | dict(results or {})), encoding="utf-8")
    return folder


def write_lighteval(folder: Path, scores: list, parameters: Mapping | None = None, **metric: object) -> Path:
    """Details as `lighteval --save-details` writes them, with the results of the same run."""
    details, results = folder / f"details/org/m/{TIME}", folder / "results/org/m"
    for each in (details, results):
        each.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "doc": {"id": str(n), "query": f"Question {n}?", "choices": [str(n)], "gold_index": 0},
            "metric": {"em": score},
            "model_response": {"text": [f"It is {n}."], "output_tokens": [[1, 2]]},
        }
        for n, score in enumerate(scores)
    ]
    pl.DataFrame(rows).write_parquet(details / f"details_sums|0_{TIME}.parquet")
    config = {"version": 1, "generation_size": 96, "metrics": [{"metric_name": "em", **metric}]}
    model = {"generation_parameters": {"temperature": 0, "top_p": None} | dict(parameters or {})}
    found = {
        "config_general": {"model_name": "m", "model_config": model},
        "config_tasks": {"sums|0": config},
    }
    (results / f"results_{TIME}.json").write_text(json.dumps(found), encoding="utf-8")
    return folder


def scored(scores: list) -> list[dict]:
    """Lines with these scores."""
    return [line(number, score) for number, score in enumerate(scores)]


def table(folder: Path, text: str, name: str = "scores.csv") -> Path:
    """A folder with a table of scores."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder
