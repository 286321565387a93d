"""Logs of Inspect (`.eval` and `.json`), read by inspect_ai itself, where it is installed.

https://inspect.aisi.org.uk/eval-logs.html; read of version 0.3.285. Summaries of samples hold scores,
metadata and the input, cut off where it is long: so whole samples are read only where a prompt is asked for
in full.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten
from types import ModuleType
from typing import Any

from skillift.errors import UserError, problem
from skillift.evaluation_logs.choices import chosen, field_of
from skillift.evaluation_logs.records import ROWS, Evaluation, Wanted, finite, rows_of, unread

ENDINGS = (".eval", ".json")
LISTINGS = ("logs.json", "eval-set.json")  # which Inspect writes beside the logs of a set
# what Inspect's scorers write for right, wrong, partly right, and no answer (inspect_ai.scorer)
_LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}  # and what it takes for them (value_to_float)


def read(files: list[Path], wanted: Wanted) -> list[Evaluation]:
    """The evaluations of these logs.

    Raises:
        UserError: inspect_ai is not installed; a log cannot be read, or is of an evaluation that did not
        end; or it
            does not have the metric or field that is wanted.
    """
    module = _inspect(files[0])
    found = [_read(path, module, wanted) for path in sorted(files)]
    by_task: dict[str, list[str]] = {}
    for each in found:
        if wanted.has(each.task):
            by_task.setdefault(each.task, []).append(each.where.name)
    for task, names in sorted(by_task.items()):
        if len(names) > 1:
            fix = "Give the log of one of them, or each with its condition: --before none=LOG curated=LOG."
            where = f"{files[0].parent}, logs of {task}"
            raise UserError(problem(where, ", ".join(names), "one run of a task", fix))
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
        if not wanted.has(header.eval.task):
            return unread(path, header.eval.task)
        samples = module.read_eval_log_sample_summaries(str(path))
    except Exception as error:  # the reader's own: broken archives, other formats, other versions
        fix = "Is the file whole? `inspect log dump` says more."
        raise UserError(
            problem(str(path), f"{type(error).__name__}: {error}", "a log of Inspect", fix)
        ) from None
    if header.status != "success":
        fix = "Run `inspect eval-retry` on it, and give the log that it writes."
        raise UserError(problem(f"{path}, status", header.status, "success", fix))
    scorers = {name for sample in samples for name in _values(sample)}
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
        whole = (sample.scores or {}).get(scorer.partition("/")[0])
        rows["response"].append(_text(whole and whole.answer))
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
        rows_of(rows),
        bounds=(0.0, 1.0) if _in_letters(samples, scorer) else None,
    )


def _in_letters(samples: list, scorer: str) -> bool:
    """Whether all scores are right, partly right or wrong in Inspect's letters, and so from 0 to 1."""
    known = [value for value in (_values(sample).get(scorer) for sample in samples) if value is not None]
    return bool(known) and all(isinstance(value, str) and value in _LETTERS for value in known)


def _score(sample: Any, scorer: str, where: str) -> tuple[float | None, str | None]:
    if sample.error:
        return None, f"error: {sample.error}"
    found = _values(sample).get(scorer)
    if found is None:
        return None, f"no {scorer}" + (f" ({sample.limit} limit)" if sample.limit else "")
    value = _number(found) if isinstance(found, str) else found
    if isinstance(value, bool | int | float):
        number = finite(value)
        return number, None if number is not None else shorten(f"{scorer} is {value}", 80)
    fix = "A score of one number (or C and I) can be compared; choose another scorer with --metric."
    raise UserError(problem(f"{where}, score {scorer}", found, "a number, true, false, C or I", fix))


def _values(sample: Any) -> dict[str, Any]:
    """The values of a sample by scorer; of a score of several values, each as `scorer/name`."""
    found: dict[str, Any] = {}
    for name, score in (sample.scores or {}).items():
        if isinstance(score.value, dict):
            found |= {f"{name}/{part}": value for part, value in score.value.items()}
        else:
            found[name] = score.value
    return found


def _number(text: str) -> float | str:
    """A score that is written as a text as a number; the text where it is none."""
    known = _LETTERS.get(text, _WORDS.get(text.lower()))
    if known is not None:
        return known
    try:
        return float(text)
    except ValueError:
        return text


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(_text(getattr(each, "text", None) or each) for each in value)
    return "" if value is None else str(value)
