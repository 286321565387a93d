"""What a generator of reasoning-gym answers to a request: instances, and scores of answers.

Needs that package and the standard library alone: it runs in an environment of its own
(`envs/reasoning-gym.txt`).
"""

from __future__ import annotations

import dataclasses


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
