"""The table in docs/how-to/audit.md of what edits rerun, made from what tests claim and check by dry runs.

python tests/helpers/rerun_table.py    # writes it into docs/how-to/audit.md
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "tests/helpers"), str(ROOT / "workflow_scripts")]

from edits import Edit  # noqa: E402
from edits_of_code import EDITS_OF_CODE  # noqa: E402
from edits_of_studies import EDITS_OF_STUDIES  # noqa: E402
from rerun_sets import everything, stages  # noqa: E402

EDITS = [*EDITS_OF_CODE, *EDITS_OF_STUDIES]
AFTER = ("ledger", "analysis", "costs", "predictions", "publication", "findings")
PAGE = ROOT / "docs/how-to/audit.md"
START, END = "<!-- reruns: made by tests/helpers/rerun_table.py -->", "<!-- end of reruns -->"


def table(edits: Iterable[Edit] = EDITS) -> str:
    """The table in Markdown: edits that rerun the same stand in one row, the least first."""
    lines = ["| edit | reruns, of the smoke study | jobs |", "|---|---|--:|"]
    for row in alike(edits):
        numbers = sorted({len(_doing(edit.reruns)) for edit in row})
        counts = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        lines.append(f"| {'; '.join(edit.name for edit in row)} | {words(row[0].reruns)} | {counts} |")
    return "\n".join(lines)


def alike(edits: Iterable[Edit]) -> list[list[Edit]]:
    """The edits of each row of the table, the row with the fewest jobs first."""
    rows: dict[str, list[Edit]] = {}
    for edit in edits:
        rows.setdefault(words(edit.reruns), []).append(edit)
    return sorted(rows.values(), key=lambda row: len(_doing(row[0].reruns)))


def words(reruns: Iterable[str]) -> str:
    """What reruns by stage: its name where all of its jobs do or some are new, else how many of them."""
    stage_of = stages()
    total = Counter(_stage(job, stage_of) for job in _doing(everything()))
    again = Counter(_stage(job, stage_of) for job in _doing(reruns))
    parts = [
        stage if again[stage] >= total[stage] else f"{stage} ({again[stage]} of {total[stage]})"
        for stage in dict.fromkeys(stage_of.values())
        if again[stage]
    ]
    if set(AFTER) <= set(again):  # what follows from new scores, always the same stages
        parts = [part for part in parts if part.split(" (")[0] not in (*AFTER, "cards")]
        parts.append("analysis and all after it")
    return ", ".join(parts) or "nothing"


def _doing(jobs: Iterable[str]) -> set[str]:
    return set(jobs) - {"all"}


def _stage(job: str, stage_of: dict[str, str]) -> str:
    rule = job.split()[0]
    return "publication" if rule.startswith(("make_figure_", "make_table_")) else stage_of[rule]


def with_table(text: str, made: str) -> str:
    """`text` with the table between its marks."""
    before, rest = text.split(START, 1)
    return f"{before}{START}\n{made}\n{END}{rest.split(END, 1)[1]}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), table()), encoding="utf-8")
