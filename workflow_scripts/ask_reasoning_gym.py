"""Make instances with generators of reasoning-gym, and have them score answers.

python workflow_scripts/ask_reasoning_gym.py --data data.json --out instances.json

`import_tasks.py` runs this with the Python of `.venv-reasoning-gym`: it needs that package and the standard
library alone. `--data` is a JSON list of requests: `generator`, `settings`, `seed`, `size`, and `answers`
(pairs of an instance's number and a text). `--out` gets for each `known` (names of all generators),
`settings` (names of its settings), `items` (question and answer), `scores`, and `error`, empty where there
was none.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path


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


def answered(request: dict) -> dict:
    """What one request comes to; an error of a generator is told and never raised."""
    import reasoning_gym  # noqa: F401 (registers the generators)
    from reasoning_gym.factory import DATASETS

    found: dict = {"known": sorted(DATASETS), "settings": [], "items": [], "scores": [], "error": ""}
    if request["generator"] not in DATASETS:
        return found
    made_by, form = DATASETS[request["generator"]]
    found["settings"] = [field.name for field in dataclasses.fields(form)]
    if not set(request["settings"]) <= set(found["settings"]):
        return found
    try:
        dataset = made_by(form(seed=request["seed"], size=request["size"], **request["settings"]))
        entries = [dataset[number] for number in range(request["size"])]
        found["items"] = [[str(entry["question"]), str(entry["answer"])] for entry in entries]
        found["scores"] = [
            float(dataset.score_answer(text, entries[number])) for number, text in request["answers"]
        ]
    except Exception as error:  # of somebody else's code, whatever it is
        found["error"] = repr(error)
    return found


if __name__ == "__main__":
    main()
