"""What the cards of checkpoints and corpora say of a study, taken from its file."""

from __future__ import annotations

from dataclasses import asdict

from skillift.cards.corpus_card import WORKED
from skillift.settings.matched import WholeCorpus
from skillift.settings.publication_specs import DatasetCardSpec, ModelCardsSpec
from skillift.study.headline import HOLDOUT
from skillift.study.study import Study


def model_cards_spec(study: Study) -> ModelCardsSpec:
    """What the cards of all runs' checkpoints say: of the study, of each student, of each run."""
    analysis = study.data["analysis"]
    runs = sorted(study.trained_runs)
    entries = {run.student: study.model(run.student) for run in runs}
    students = {
        student: {name: entry[name] for name in ("label", "licence") if name in entry}
        for student, entry in entries.items()
    }
    trained = [{**asdict(run), "corpus": study.corpus_of(run.run)} for run in runs]
    said = {"path": analysis["headline_path"], **_suites(study), "students": students, "runs": trained}
    return ModelCardsSpec(**_study(study), **said)


def dataset_card_spec(study: Study, corpus: str) -> DatasetCardSpec:
    """What the card of one corpus says."""
    teacher = study.data["teacher"]
    asked = teacher["kind"] == "api"
    return DatasetCardSpec(
        **_study(study),
        corpus=corpus,
        settings=WholeCorpus(**study.corpus(corpus)),
        teacher=teacher["model"] if asked else WORKED,
        judge=study.declared.judges[study.primary_judge].model,
    )


def _suites(study: Study) -> dict:
    """The suites that the numbers are of, the headline suite first, where that is not the holdout alone."""
    suites = sorted(study.suites, key=lambda suite: suite != study.headline_suite)
    return {} if suites == [HOLDOUT] else {"suites": suites}


def _study(study: Study) -> dict:
    return {"study": study.name, "description": study.data["description"]}
