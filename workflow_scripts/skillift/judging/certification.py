"""Certification of a judge: its verdicts on responses whose right verdict is known.

The cases stand in `prompts/certification.yaml`: hostile responses, which must fail, and right answers in
unusual dress, which must pass. Two parts of three were written one by one; the third is generated from a
grammar of phrasings (`skillift.judging.phrasings`), which no judge was made for. A judge is asked about them
through the same client, template and parser as about episodes, so a certificate speaks about the judge as the
study uses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import yaml

from skillift.chat.models import Asker, ChatModel
from skillift.contracts.pipeline import CERTIFICATION
from skillift.errors import UserError, problem
from skillift.judging.phrasings import derive
from skillift.judging.verdicts import Candidate, judge_candidates, template_digest

_ANSWERS = ("right", "other", "wrong")
_FIX = "Correct the suite of cases."


@dataclass(frozen=True)
class Case:
    """A response whose verdict is known: `passed` is that of a judge that does what its prompt asks.

    `part` is one of `skillift.contracts.pipeline.CASE_PARTS`.
    """

    case_id: str
    part: str
    kind: str
    passed: bool
    candidate: Candidate


def read_cases(path: Path | str) -> list[Case]:
    """The suite of cases of a YAML file; its form is described at the head of `prompts/certification.yaml`.

    Raises:
        UserError: the file cannot be read or is no suite; names the file and the key.
    """
    try:
        suite = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        text = " ".join(str(error).split())
        raise UserError(problem(str(path), text, "a readable YAML file", _FIX)) from None
    if not isinstance(suite, dict) or not suite.get("tasks") or not suite.get("kinds"):
        raise UserError(problem(str(path), type(suite).__name__, "the keys tasks and kinds", _FIX))
    written = [
        case for name, kind in suite["kinds"].items() for case in _cases(path, name, kind, suite["tasks"])
    ]
    return written + _generated_cases(path, suite.get("grammar"))


def _generated_cases(path: Path | str, grammar: dict | None) -> list[Case]:
    if grammar is None:
        return []
    try:
        tasks, kinds, phrases, seed = (grammar[key] for key in ("tasks", "kinds", "phrases", "seed"))
        return [
            Case(
                f"generated.{name}.{number}",
                "generated",
                name,
                kind["passed"],
                _candidate(derive(kind["texts"], phrases, f"{seed}|{name}|{number}"), task),
            )
            for name, kind in kinds.items()
            for number, task in enumerate(tasks)
        ]
    except (KeyError, TypeError, AttributeError) as error:
        expected = "seed, tasks, kinds with passed and texts, and every phrase that they name"
        raise UserError(problem(f"{path}: grammar", str(error), expected, _FIX)) from None


def _cases(path: Path | str, name: str, kind: dict, tasks: list[dict]) -> list[Case]:
    try:
        passed, texts = kind["passed"], kind["texts"]
        if not isinstance(passed, bool) or not texts:
            raise UserError(
                problem(f"{path}: kinds.{name}", kind, "passed (true or false) and at least one text", _FIX)
            )
        return [
            Case(f"{name}.{number}", "written", name, passed, _candidate(texts[number % len(texts)], task))
            for number, task in enumerate(tasks)
        ]
    except (KeyError, TypeError) as error:
        expected = f"passed and texts, and tasks with task, {', '.join(_ANSWERS)}"
        raise UserError(problem(f"{path}: kinds.{name}", str(error), expected, _FIX)) from None


def _candidate(text: str, task: dict) -> Candidate:
    for answer in ("task", *_ANSWERS):  # not str.format: the texts hold braces of their own
        text = text.replace("{" + answer + "}", task[answer])
    return Candidate(task["task"], task["right"], text)


def certify(
    judge: str,
    cases: Sequence[Case],
    model: ChatModel,
    template: str,
    client: Asker,
    max_unparsed: int | None = None,
) -> pl.DataFrame:
    """Ask a judge about every case; `max_unparsed` as in `judging.judge_candidates`.

    Returns:
        A frame that keeps the contract CERTIFICATION, one row per case.

    Raises:
        UserError: see `judging.judge_candidates`.
    """
    candidates = [case.candidate for case in cases]
    verdicts = judge_candidates(candidates, model, template, client, f"certifying {judge}", max_unparsed)
    rows = [
        {
            "judge": judge,
            "case_id": case.case_id,
            "part": case.part,
            "kind": case.kind,
            "reference": case.candidate.reference,
            "response": case.candidate.response,
            "expected": case.passed,
            "passed": verdict.passed,
            "status": verdict.status,
            "raw": verdict.raw,
            "prompt_tokens": verdict.prompt_tokens,
            "completion_tokens": verdict.completion_tokens,
            "cost_usd": verdict.cost_usd,
            "template_sha256": template_digest(template),
        }
        for case, verdict in zip(cases, verdicts, strict=True)
    ]
    schema = {name: column.dtype.type for name, column in CERTIFICATION.columns.items()}
    return pl.DataFrame(rows, schema=schema)
