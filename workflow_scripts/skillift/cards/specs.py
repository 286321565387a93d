"""What the cards of checkpoints and corpora say of a study, taken from its file."""

from __future__ import annotations

import copy

from skillift.study.headline import HOLDOUT
from skillift.study.study import Study


def model_cards_spec(study: Study) -> dict:
    """What the cards of all runs' checkpoints say: of the study, of each student, of each run."""
    analysis = study.data["analysis"]
    runs = sorted(study.trained_runs)
    entries = {run.student: study.model(run.student) for run in runs}
    return {
        **_study(study),
        "path": analysis["headline_path"],
        **_suites(study),
        "students": {
            student: {name: entry[name] for name in ("label", "licence") if name in entry}
            for student, entry in entries.items()
        },
        "runs": [
            {
                "student": run.student,
                "run": run.run,
                "recipe": run.recipe,
                "corpus": study.corpus_of(run.run),
                "seed": run.seed,
            }
            for run in runs
        ],
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


def _suites(study: Study) -> dict:
    """The suites that the numbers are of, the headline suite first, where that is not the holdout alone."""
    suites = sorted(study.suites, key=lambda suite: suite != study.headline_suite)
    return {} if suites == [HOLDOUT] else {"suites": suites}


def _study(study: Study) -> dict:
    return {"study": study.name, "description": study.data["description"]}
