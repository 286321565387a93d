"""Make instances with generators of reasoning-gym, and have them score answers.

    python workflow_scripts/tasks/ask_reasoning_gym.py --data data.json --out instances.json

`import_tasks.py` runs this with the Python of `.venv-reasoning-gym`: it needs that package and the standard
library alone. `--data` is a JSON list of requests: `generator`, `settings`, `seed`, `size`, and `answers`
(pairs of an instance's number and a text). `--out` gets for each `known` (names of all generators),
`settings` (names of its settings), `items` (question and answer), `scores`, and `error`, empty where there
was none.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.task_imports.requests import answered


def main(argv: list[str] | None = None) -> None:
    """Make the instances, score the answers, write both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    found = [answered(request) for request in json.loads(options.data.read_text(encoding="utf-8"))]
    options.out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
