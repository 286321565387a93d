"""All specs of a study by the step that they are of, to see which of them an edit changes."""

from __future__ import annotations

from skillift.provenance import canonical
from skillift.study.predictions import predictions_spec


def all_specs(study) -> dict[str, str]:
    """Canonical JSON of each spec."""
    trained = study.trained_runs
    specs = {
        **{f"tasks {suite}": study.tasks_spec(suite) for suite in study.built_suites},
        "tokenizer": study.tokenizer_spec(),
        "demonstrations": study.demonstrations_spec(),
        "scores": study.scores_spec(),
        "analysis": study.analysis_spec(),
        "figures": study.figures_spec(),
        "rates": study.rates_spec(),
        "browser": study.browser_spec(),
        "predictions": predictions_spec(study),
        **({"paraphrases": study.paraphrases_spec()} if study.paraphraser else {}),
        **{f"pretrain {name}": study.pretrain_spec(name) for name in study.students_from("scratch")},
        **{f"corpus {name}": study.corpus_spec(name) for name in study.corpora},
        **{f"judge {name}": study.judge_spec(name) for name in study.judges},
        **{f"train {run.student} {run.run}": study.train_spec(run.student, run.run) for run in trained},
        **{
            f"episodes {run.student} {run.run}": study.episodes_spec(run.student, run.run)
            for run in study.runs
        },
    }
    return {name: canonical(spec) for name, spec in specs.items()}
