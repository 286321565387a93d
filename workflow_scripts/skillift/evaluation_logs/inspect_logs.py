"""Logs of Inspect (`.eval` and `.json`), read by inspect_ai itself, where it is installed.

https://inspect.aisi.org.uk/eval-logs.html; read of version 0.3.285. Summaries of samples hold scores,
metadata and the input, cut off where it is long: so whole samples are read only where a prompt is asked for
in full.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl

from skillift.errors import UserError, problem
from skillift.evaluation_logs.choices import chosen, field_of
from skillift.evaluation_logs.records import ROWS, Evaluation, Wanted

ENDINGS = (".eval", ".json")
# what Inspect's scorers write for right, wrong, partly right, and no answer (inspect_ai.scorer)
_LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}


def read(files: list[Path], wanted: Wanted) -> list[Evaluation]:
    """The evaluations of these logs.

    Raises:
        UserError: inspect_ai is not installed; a log cannot be read, or is of an evaluation that did not
        end; or it
            does not have the metric or field that is wanted.
    """
    module = _inspect(files[0])
    found = [_read(path, module, wanted) for path in sorted(files)]
    twice = {each.task for each in found if sum(other.task == each.task for other in found) > 1}
    if twice:
        names = ", ".join(path.name for path in sorted(files))
        fix = "Give the log of one of the runs, or remove the others."
        raise UserError(
            problem(f"{files[0].parent}, logs of {sorted(twice)[0]}", names, "one run of a task", fix)
        )
    return found


def _inspect(log: Path) -> ModuleType:
    try:
        import inspect_ai.log as module
    except ImportError:
        fix = f"Install it beside skillift: {'.venv/bin/python -m pip install inspect-ai'}"
        raise UserError(
            problem(str(log), "a log of Inspect", "the package inspect_ai to read it", fix)
        ) from None
    return module


def _read(path: Path, module: ModuleType, wanted: Wanted) -> Evaluation:
    try:
        header = module.read_eval_log(str(path), header_only=True)
        samples = module.read_eval_log_sample_summaries(str(path))
    except Exception as error:  # the reader's own: broken archives, other formats, other versions
        fix = "Is the file whole? `inspect log dump` says more."
        raise UserError(
            problem(str(path), f"{type(error).__name__}: {error}", "a log of Inspect", fix)
        ) from None
    if header.status != "success":
        fix = "Run `inspect eval-retry` on it, and give the log that it writes."
        raise UserError(problem(f"{path}, status", header.status, "success", fix))
    scorers = {name for sample in samples for name in sample.scores or {}}
    if not scorers:
        raise UserError(
            problem(f"{path}, scores", "none", "a score for each sample", "Run `inspect score` on it.")
        )
    scorer = chosen(path, "scorers", "--metric", wanted.metric, scorers)
    rows: dict[str, list] = {name: [] for name in ROWS}
    for sample in samples:
        where = f"{path}, sample {sample.id}"
        fields: Mapping = {**(sample.metadata or {}), "id": sample.id}
        value, reason = _score(sample, scorer, where)
        rows["item"].append(field_of(fields, wanted.item or "id", where, "--item"))
        rows["epoch"].append(sample.epoch - 1)
        rows["value"].append(value)
        rows["reason"].append(reason)
        rows["cluster"].append(wanted.cluster and field_of(fields, wanted.cluster, where, "--cluster"))
        prompt, target = _text(sample.input), _text(sample.target)
        rows["prompt"].append(prompt)
        rows["target"].append(target)
        rows["response"].append(_text((sample.scores or {}).get(scorer) and sample.scores[scorer].answer))
        rows["prompt_key"].append(prompt)
        rows["item_key"].append(target)
        usage = sum(each.output_tokens for each in (sample.model_usage or {}).values())
        rows["tokens"].append(usage or None)
    evaluation = header.eval
    settings = header.plan.config.model_dump(exclude_none=True) if header.plan else {}
    return Evaluation(
        path,
        evaluation.task,
        str(evaluation.model),
        {"metric": scorer, "version": evaluation.task_version},
        {"generation": settings or evaluation.model_generate_config.model_dump(exclude_none=True)},
        pl.DataFrame(rows, schema=ROWS),
    )


def _score(sample: Any, scorer: str, where: str) -> tuple[float | None, str | None]:
    if sample.error:
        return None, f"error: {sample.error}"
    score = (sample.scores or {}).get(scorer)
    if score is None:
        return None, f"no {scorer}" + (f" ({sample.limit} limit)" if sample.limit else "")
    value = _LETTERS.get(score.value, score.value) if isinstance(score.value, str) else score.value
    if isinstance(value, bool | int | float):
        number = float(value)
        return (number, None) if math.isfinite(number) else (None, f"{scorer} is {number}")
    fix = "A score of one number (or C and I) can be compared; choose another scorer with --metric."
    raise UserError(problem(f"{where}, score {scorer}", score.value, "a number, true, false, C or I", fix))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(_text(getattr(each, "text", None) or each) for each in value)
    return "" if value is None else str(value)
