"""Word problems in JSON Lines whose answers end in a marker and the result, as those of GSM8K do.

A row has a question, and an answer that tells the work and ends in `#### 42`. The work becomes the worked
solution, what stands behind the marker the reference. Notes for a calculator (`<<48/2=24>>`) are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from skillift.answers.comparison import type_of
from skillift.errors import UserError, problem
from skillift.task_imports.generators import ASKS_FOR_THE_LINE
from skillift.tasks.user_rows import read_rows
from skillift.yaml_sources.source import Words

SKILL_ID = "word-problem"
SKILL = {
    "name": "word problem",
    "domain": "arithmetic",
    "steps": [
        "Step 1: Write what is known, each number with what it counts.",
        "Step 2: Write what is asked.",
        "Step 3: Work out one intermediate result after the other, each in a line of its own.",
        "Step 4: Check that the last result is what is asked, in its unit.",
        "Step 5: Write it on the ANSWER line.",
    ],
}
_NOTE = re.compile(r"<<[^<>]*>>")


def read_problems(
    path: Path | str,
    per_suite: Mapping[str, int],
    marker: str = "####",
    question: str = "question",
    answer: str = "answer",
) -> list[dict]:
    """Rows of a file of own tasks, the suites filled one after the other in the order of the file.

    Args:
        path: the file, in any form of own tasks.
        per_suite: tasks of each suite.
        marker: what stands before the result, for the last time.
        question: field of the question.
        answer: field of the answer.

    Raises:
        UserError: everything that is wrong with the rows that are taken, one line each: a missing field, an
            answer without the marker or without a result; or there are too few rows.
    """
    problems: list[str] = []
    needed = sum(per_suite.values())
    rows = list(read_rows(str(path), problems))[:needed]
    if not problems and len(rows) < needed:
        fix = "Ask for fewer tasks (--per-skill)."
        problems.append(problem(str(path), Words(f"{len(rows)} rows"), f"{needed} for all suites", fix))
    suites = (suite for suite, count in per_suite.items() for _ in range(count))
    found: list = []
    for (where, _, record), suite in zip(rows, suites, strict=False):
        texts = {}
        for name in (question, answer):
            if isinstance(record.get(name), str) and record[name].strip():
                texts[name] = record[name]
            else:
                fields = Words(f"fields {sorted(record)}")
                fix = "Name the field (--question-field, --answer-field)."
                problems.append(problem(f"{where}: {name}", fields, "a text", fix))
        if len(texts) < 2:
            continue
        work, mark, result = texts[answer].rpartition(marker)
        if not mark or not result.strip():
            expected = f"an answer that ends in {marker} and the result"
            problems.append(problem(f"{where}: {answer}", texts[answer][-60:], expected, "Set --marker."))
            continue
        reference = result.strip()
        told = _NOTE.sub("", work).strip()
        found.append(
            {
                "task_id": f"{SKILL_ID}.{suite}.{len(found)}",
                "skill_id": SKILL_ID,
                "suite": suite,
                "prompt": f"{texts[question].strip()}\n{ASKS_FOR_THE_LINE}",
                "reference": reference,
                "answer_type": type_of(reference),
                "worked_solution": f"{told}\nANSWER: {reference}".lstrip(),
            }
        )
    if problems:
        raise UserError("\n".join(problems[:20]))
    return found
