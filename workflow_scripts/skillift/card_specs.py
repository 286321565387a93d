"""What the cards of checkpoints and corpora say of a study, taken from its file."""

from __future__ import annotations

import copy

from skillift.study import Study


def model_card_spec(study: Study, student: str, run: str) -> dict:
    """What the card of one run's checkpoints says."""
    entry, found = study.model(student), study.run(student, run)
    analysis = study.data["analysis"]
    licence = {"licence": entry["licence"]} if "licence" in entry else {}
    return {
        **_study(study),
        **licence,
        "path": analysis["headline_path"],
        "confidence": analysis["confidence"],
        "student": student,
        "label": entry["label"],
        "run": run,
        "recipe": found.recipe,
        "corpus": study.corpus_of(run),
        "seed": found.seed,
    }


def dataset_card_spec(study: Study, corpus: str) -> dict:
    """What the card of one corpus says."""
    teacher = study.data["teacher"]
    asked = teacher["kind"] == "api"
    return {
        **_study(study),
        "corpus": corpus,
        "settings": copy.deepcopy(study.data["corpora"][corpus]),
        "teacher": teacher["model"] if asked else "the worked solutions that come with the tasks",
        "judge": study.data["judges"][study.primary_judge]["model"],
    }


def _study(study: Study) -> dict:
    return {"study": study.name, "description": study.data["description"]}
