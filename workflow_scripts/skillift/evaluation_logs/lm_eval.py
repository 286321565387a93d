"""Logs of lm-evaluation-harness: `samples_<task>_<time>.jsonl` and `results_<time>.json` of `--log_samples`.

https://github.com/EleutherAI/lm-evaluation-harness/blob/main/docs/interface.md; read of version 0.4.13. Every
line is an item under one filter; its score is the field that its metric names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from textwrap import shorten
from typing import Any, TypeVar, cast

import msgspec

from skillift.errors import UserError, problem
from skillift.evaluation_logs.choices import chosen, field_of
from skillift.evaluation_logs.records import ROWS, Evaluation, Wanted, finite, rows_of, unread

PATTERN = "samples_*.jsonl"
_NAME = re.compile(r"samples_(?P<task>.+)_(?P<time>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(\.\d+)?)\.jsonl")
_Form = TypeVar("_Form", bound=msgspec.Struct)
_HINT = "Run lm_eval with --log_samples and --output_path, and give the folder that it wrote."


def read(files: list[Path], wanted: Wanted) -> list[Evaluation]:
    """The evaluations of these files of samples.

    Raises:
        UserError: a file is not such a log, is cut off, has two lines of one item and epoch, or two files
        are of
            one task; or it does not have the metric, filter or field that is wanted.
    """
    by_task: dict[str, Path] = {}
    for path in sorted(files):
        named = _NAME.fullmatch(path.name)
        if named is None:
            raise UserError(
                problem(str(path), path.name, "a name such as samples_gsm8k_2026-11-29T23-48-28.jsonl")
            )
        if named["task"] in by_task and wanted.has(named["task"]):
            both = f"{by_task[named['task']].name} and {path.name}"
            fix = "Give the file of one of the two runs, or remove the other."
            raise UserError(
                problem(f"{path.parent}, samples of {named['task']}", both, "one run of a task", fix)
            )
        by_task[named["task"]] = path
    tasks = by_task.items()
    return [_read(path, task, wanted) if wanted.has(task) else unread(path, task) for task, path in tasks]


class _Head(msgspec.Struct):
    """What tells which scores a line has; the rest of it is skipped."""

    filter: str = "none"
    metrics: list[str] | None = None


class _Line(msgspec.Struct):
    """The fields of a line that every version has; others are read where they are there."""

    doc_id: int | str
    doc: Any
    target: Any = None
    arguments: Any = None
    resps: Any = None
    filter: str = "none"
    prompt_hash: str = ""
    target_hash: str = ""
    found: Any = None  # the score, under the name of its metric: see `_with_score`


def _read(path: Path, task: str, wanted: Wanted) -> Evaluation:
    results = _results(path)
    filters: set[str] = set()
    metrics: set[str] = set()
    for _, head in _lines(path, _Head):
        filters.add(head.filter)
        metrics.update(head.metrics or ())
    if not filters:
        raise UserError(problem(str(path), "no line", "a line for each item", _HINT))
    kept = chosen(path, "filters", "--filter", wanted.filter, filters)
    if not metrics:
        fix = "Versions before 0.4.6 do not name them; evaluate again with a newer one."
        raise UserError(problem(f"{path}, line 1, key metrics", None, "the names of the scores", fix))
    metric = chosen(path, "metrics", "--metric", wanted.metric, metrics)
    rows: dict[str, list] = {name: [] for name in ROWS}
    epochs: dict[str, int] = {}
    for number, line in _lines(path, _with_score(metric)):
        if line.filter != kept:
            continue
        where = f"{path}, line {number}"
        item = str(line.doc_id)
        if wanted.item is not None:
            item = field_of(_document(line, where), wanted.item, where, "--item")
        if item in epochs:
            fix = (
                "Give --item the field that tells items apart."
                if wanted.item
                else "The log was written twice."
            )
            raise UserError(problem(f"{where}, item", item, "each item once", fix))
        epochs[item] = number
        value, reason = _score(line.found, where, metric)
        prompt = _prompt(line.arguments)
        rows["item"].append(item)
        rows["epoch"].append(0)
        rows["value"].append(value)
        rows["reason"].append(reason)
        rows["cluster"].append(
            None
            if wanted.cluster is None
            else field_of(_document(line, where), wanted.cluster, where, "--cluster")
        )
        rows["prompt"].append(prompt)
        rows["target"].append(_text(line.target))
        rows["response"].append(_text(_first(line.resps)))
        rows["prompt_key"].append(line.prompt_hash or prompt)
        rows["item_key"].append(line.target_hash or _text(line.target))
        rows["tokens"].append(None)
    config = results["configs"].get(task, {})
    if not isinstance(config, dict):
        raise UserError(problem(f"results of {path}, key configs.{task}", config, "an object", _HINT))
    return Evaluation(
        path,
        task,
        str(results.get("model_name") or ""),
        {"metric": metric, "filter": kept, "version": results["versions"].get(task)},
        {
            "generation": config.get("generation_kwargs"),
            "shots": results["n-shot"].get(task),
            "output type": config.get("output_type"),
            "system instruction": results.get("system_instruction"),
            "chat template": results.get("chat_template_sha"),
        },
        rows_of(rows),
        lower_is_better=_lower_is_better(results, task, metric),
    )


def _lower_is_better(results: Mapping, task: str, metric: str) -> bool:
    """What the harness says of the metric's direction; where it says nothing, more is better."""
    of_task = results["higher_is_better"].get(task)
    return isinstance(of_task, Mapping) and of_task.get(metric) is False


def _results(path: Path) -> dict:
    """The file of results of the same run; without one, nothing is known of settings."""
    named = _NAME.fullmatch(path.name)
    time = named["time"] if named else ""
    beside = path.with_name(f"results_{time}.json")
    try:
        found = json.loads(beside.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        fix = "It says how the model was asked; keep both files of a run together."
        raise UserError(problem(str(beside), "no file", f"the results of {path.name}", fix)) from None
    except (OSError, ValueError) as error:
        raise UserError(problem(str(beside), str(error), "the JSON that lm_eval writes", _HINT)) from None
    if not isinstance(found, dict) or "configs" not in found:
        raise UserError(problem(str(beside), "no key configs", "the results of lm_eval", _HINT))
    for name in ("configs", "versions", "n-shot", "higher_is_better"):
        if not isinstance(found.setdefault(name, {}), dict):
            raise UserError(problem(f"{beside}, key {name}", found[name], "an object by task", _HINT))
    return found


def _with_score(metric: str) -> type[_Line]:
    """The form of a line with its score as `found`."""
    score = [("found", Any, None)]
    return cast("type[_Line]", msgspec.defstruct("_Scored", score, bases=(_Line,), rename={"found": metric}))


def _lines(path: Path, form: type[_Form]) -> Iterator[tuple[int, _Form]]:
    """Each line that is not empty, with its number, in a form; its further fields are skipped."""
    decode = msgspec.json.Decoder(form).decode
    with path.open("rb") as lines:
        for number, text in enumerate(lines, start=1):
            if not text.strip():
                continue
            try:
                line = _decoded(text, decode, form)
            except (ValueError, msgspec.ValidationError) as error:
                cut = (
                    ""
                    if text.endswith(b"\n")
                    else " The line is cut off: the evaluation was ended, or the copy."
                )
                expected = "an item as lm_eval --log_samples writes it"
                raise UserError(problem(f"{path}, line {number}", str(error), expected) + cut) from None
            yield number, line


def _decoded(text: bytes, decode: Callable[[bytes], _Form], form: type[_Form]) -> _Form:
    """The value of a line; Python's own reader knows the NaN that Python writes, and is slower."""
    try:
        return decode(text)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.convert(json.loads(text), form)


def _document(line: _Line, where: str) -> Mapping:
    if not isinstance(line.doc, dict):
        raise UserError(problem(f"{where}, key doc", line.doc, "an object with the item's fields"))
    return {**line.doc, "doc_id": line.doc_id}


def _score(found: Any, where: str, metric: str) -> tuple[float | None, str | None]:
    if found is None:
        return None, f"no {metric}"
    if isinstance(found, bool | int | float):
        value = finite(found)
        return value, None if value is not None else shorten(f"{metric} is {found}", 80)
    fix = "Only scores of single items can be compared task by task: choose another with --metric."
    raise UserError(problem(f"{where}, key {metric}", found, "a number or true or false", fix))


def _prompt(arguments: Any) -> str:
    """The text that the model was given: the first argument of the first request."""
    first = arguments.get("gen_args_0") if isinstance(arguments, dict) else _first(arguments)
    first = first.get("arg_0") if isinstance(first, dict) else first
    return _text(_first(first) if isinstance(first, list) else first)


def _first(value: Any) -> Any:
    while isinstance(value, list) and value:
        value = value[0]
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
