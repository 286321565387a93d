"""Details of lighteval: `details_<task>_<time>.parquet`, as `--save-details` writes.

https://huggingface.co/docs/lighteval/saving-and-reading-results; read of version 0.13.0: `doc` (id, query,
choices, gold_index), `metric` (scores by name) and `model_response` (text, tokens). How the model was asked
stands in `results_<time>.json`, which lighteval writes to `results/` beside `details/`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl

from skillift.errors import UserError, problem
from skillift.evaluation_logs.choices import chosen, field_of
from skillift.evaluation_logs.records import ROWS, Evaluation, Wanted, finite, rows_of, unread

PATTERN = "details_*.parquet"
_NAME = re.compile(r"details_(?P<task>.+)_(?P<time>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(\.\d+)?)\.parquet")


def read(files: list[Path], wanted: Wanted) -> list[Evaluation]:
    """The evaluations of these details.

    Raises:
        UserError: a file is no such table, or does not have the metric or field that is wanted.
    """
    return [_read(path, wanted) for path in sorted(files)]


def _read(path: Path, wanted: Wanted) -> Evaluation:
    named = _NAME.fullmatch(path.name)
    task = named["task"] if named else path.stem
    if not wanted.has(task):
        return unread(path, task)
    try:
        table = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UserError(problem(str(path), str(error).splitlines()[0], "a table in Parquet")) from None
    missing = [name for name in ("doc", "metric", "model_response") if name not in table.columns]
    if missing:
        fix = "Details of versions before 0.11 have other columns; evaluate again with a newer one."
        raise UserError(problem(f"{path}, columns", ", ".join(table.columns), ", ".join(missing), fix))
    records = table.select("doc", "metric", "model_response").to_dicts()
    metrics = {
        name for record in records for name, value in (record["metric"] or {}).items() if value is not None
    }
    metric = chosen(path, "metrics", "--metric", wanted.metric, metrics)
    rows: dict[str, list] = {name: [] for name in ROWS}
    for number, record in enumerate(records, start=1):
        where = f"{path}, row {number}"
        doc, response = record["doc"], record["model_response"] or {}
        fields = {**doc, **(doc.get("specific") or {})}
        value = (record["metric"] or {}).get(metric)
        texts = response.get("text_post_processed") or response.get("text") or []
        rows["item"].append(field_of(fields, wanted.item or "id", where, "--item"))
        rows["epoch"].append(0)
        number_of, reason = _score(value, where, metric)
        rows["value"].append(number_of)
        rows["reason"].append(reason)
        rows["cluster"].append(wanted.cluster and field_of(fields, wanted.cluster, where, "--cluster"))
        rows["prompt"].append(str(doc.get("query") or ""))
        rows["target"].append(_gold(doc))
        rows["response"].append(str(texts[0]) if len(texts) else "")
        rows["prompt_key"].append(str(response.get("input") or doc.get("query") or ""))
        rows["item_key"].append(_gold(doc))
        tokens = response.get("output_tokens") or []
        rows["tokens"].append(len(tokens[0]) if len(tokens) and hasattr(tokens[0], "__len__") else None)
    results = _results(path, named["time"]) if named else {}
    config = results["config_tasks"].get(task) or {} if results else {}
    scorer = _scorer(config, metric)
    return Evaluation(
        path,
        task,
        str(results["config_general"].get("model_name") or "") if results else "",
        {"metric": metric, "function": scorer.get("sample_level_fn"), "version": config.get("version")},
        _sampling(results["config_general"], config) if results else {},
        rows_of(rows),
        lower_is_better=scorer.get("higher_is_better") is False,
    )


def _results(path: Path, time: str) -> dict:
    """The results of the same run, beside the details or where lighteval puts them; empty if there are none.

    Raises:
        UserError: they are not what lighteval writes.
    """
    parts = path.parts
    places = [number for number, part in enumerate(parts[:-1]) if part == "details"]
    # of details/MODEL/TIME/details_*.parquet: results/MODEL/results_TIME.json
    beside = [Path(*parts[:number], "results", *parts[number + 1 : -2]) for number in reversed(places)]
    for folder in (path.parent, *beside):
        file = folder / f"results_{time}.json"
        if file.is_file():
            break
    else:
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UserError(problem(str(file), str(error), "the JSON that lighteval writes")) from None
    for name in ("config_general", "config_tasks"):
        if not isinstance(found, dict) or not isinstance(found.get(name), dict):
            raise UserError(problem(str(file), f"no object {name}", "the results of lighteval"))
    return found


def _scorer(config: dict, metric: str) -> dict:
    """What lighteval says of a metric; empty where it says nothing."""
    for each in config.get("metrics") or []:
        names = each.get("metric_name")
        if metric == names or (isinstance(names, list) and metric in names):
            direction = each.get("higher_is_better")
            if isinstance(direction, dict):  # of a family of scores
                return {**each, "higher_is_better": direction.get(metric)}
            return each
    return {}


def _sampling(general: dict, config: dict) -> dict:
    model = general.get("model_config") or {}
    parameters = model.get("generation_parameters") or {}
    return {
        "generation": {name: value for name, value in sorted(parameters.items()) if value is not None},
        "length": config.get("generation_size"),
        "samples": config.get("num_samples"),
        "shots": config.get("num_fewshots"),
        "system instruction": model.get("system_prompt"),
        "chat template": model.get("override_chat_template"),
    }


def _score(value: object, where: str, metric: str) -> tuple[float | None, str | None]:
    if value is None:
        return None, f"no {metric}"
    if not isinstance(value, bool | int | float):
        fix = "Only scores of single items can be compared: choose another with --metric."
        raise UserError(problem(f"{where}, metric {metric}", value, "a number or true or false", fix))
    known = finite(value)
    return known, None if known is not None else f"{metric} is {value}"


def _gold(doc: dict) -> str:
    choices, gold = doc.get("choices") or [], doc.get("gold_index")
    places = gold if isinstance(gold, list) else [gold]
    return " | ".join(
        str(choices[place]) for place in places if isinstance(place, int) and place < len(choices)
    )
