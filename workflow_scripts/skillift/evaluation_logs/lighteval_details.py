"""Details of lighteval: `details_<task>_<time>.parquet`, as `--save-details` writes.

https://huggingface.co/docs/lighteval/saving-and-reading-results; read of version 0.13.0: `doc` (id, query,
choices, gold_index), `metric` (scores by name) and `model_response` (text, tokens).
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import polars as pl

from skillift.errors import UserError, problem
from skillift.evaluation_logs.choices import chosen, field_of
from skillift.evaluation_logs.records import ROWS, Evaluation, Wanted

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
    task = named["task"] if named else path.stem
    return Evaluation(path, task, "", {"metric": metric}, {}, pl.DataFrame(rows, schema=ROWS))


def _score(value: object, where: str, metric: str) -> tuple[float | None, str | None]:
    if value is None:
        return None, f"no {metric}"
    if not isinstance(value, bool | int | float):
        fix = "Only scores of single items can be compared: choose another with --metric."
        raise UserError(problem(f"{where}, metric {metric}", value, "a number or true or false", fix))
    return (float(value), None) if math.isfinite(value) else (None, f"{metric} is {value}")


def _gold(doc: dict) -> str:
    choices, gold = doc.get("choices") or [], doc.get("gold_index")
    places = gold if isinstance(gold, list) else [gold]
    return " | ".join(
        str(choices[place]) for place in places if isinstance(place, int) and place < len(choices)
    )
