"""The results of a finished study as a folder that `datasets` loads, with a card and a data dictionary."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import yaml

from skillift.cards.card_text import rendered

# what each column of the exported tables holds
COLUMNS = {
    "task_id": "the task's id",
    "skill_id": "the skill of which the task is one; standard errors are clustered by it",
    "suite": "the set of tasks: `holdout` for results, `dev` for settings, `train` for demonstrations, "
    "`transfer` of skills that no demonstration has, `perturbed` of variants",
    "prompt": "the task as it was put, without what a condition sets before it",
    "reference": "the right answer",
    "scorer": "who reads the answer on the path `bench`: the extractor (`answer_line`, `json`, "
    "`pattern`, `constraints`), the list of "
    "refusals (`refusal`) or the primary judge",
    "answer_type": "how an answer is compared with the reference",
    "worked_solution": "a worked answer, where there is one",
    "metadata": "further fields of own tasks, as JSON",
    "parent": "of a variant: the task that it is made of",
    "checks": "what the steps of an answer have to meet, as JSON",
    "pattern": "the regular expression that finds the answer, with the scorer `pattern`",
    "expected": "what a right response does, `declined` or `answered`, with the scorer `refusal`",
    "change": "of a variant of the task pack: how it was made",
    "student": "the model that answered",
    "run": "`base` before training, else `<recipe>-s<seed>`; in effects `<recipe>` is the mean over seeds",
    "step": "optimiser step of the checkpoint; 0 before training",
    "condition": "what stood before the task: nothing (`none`), its skill's procedure (`curated`), another's "
    "(`placebo`), the steps in a wrong order (`shuffled`), neutral text (`filler`)",
    "protocol": "how the task was asked, where the study declares protocols; `main` is the headline's",
    "sample": "number of the answer, from 0",
    "engine": "what generated the answer",
    "prompt_sha256": "digest of all that the model was given",
    "response": "the answer in full",
    "finish_reason": "why it ended: `stop`, `length` (cut off), `error`",
    "prompt_tokens": "tokens of the prompt",
    "completion_tokens": "tokens of the answer",
    "mean_log_probability": "mean log-probability of the answer's tokens (nats); null for an empty answer",
    "path": "scoring path: `bench`, or `judge:<name>`",
    "passed": "the verdict; null where there is none, which is never a fail",
    "status": "`scored`, or why there is no verdict",
    "contrast": "`a-b`: pass rate under a less that under b; `gain:c`: after training less before, under c; "
    "`variant:c`: variants less the tasks that they are made of, under c; `lift:...`: a contrast after "
    "training less before",
    "metric": "the number that is compared; `pass` is the share of answers that pass",
    "estimate": "the effect in the unit of its metric: a fraction for shares such as `pass` (0.07 is 7 "
    "percentage points), tokens for `length`; null where undefined",
    "standard_error": "clustered by skill (CR2); of a recipe's row with the variance between trainings",
    "ci_low": "lower end of the interval",
    "ci_high": "upper end of the interval",
    "degrees_of_freedom": "of the t distribution behind the interval",
    "p_value": "of no effect, not adjusted",
    "boot_low": "lower end of the bootstrap's interval over skills, a cross-check",
    "boot_high": "its upper end",
    "mcnemar_p": "McNemar's exact test, where two arms of one sample are compared",
    "normalised_gain": "Hake's gain: of what could be gained, the share that was",
    "normalised_low": "lower end of its bootstrap interval",
    "normalised_high": "its upper end",
    "mde": "smallest true effect that a study of this size finds with 80 % power",
    "n_tasks": "tasks that the estimate rests on",
    "n_skills": "skills that they are of",
    "n_unscored": "answers of the compared arms without a verdict",
    "n_runs": "trainings that the estimate is a mean of",
}


def data_dictionary(tables: Mapping[str, pl.DataFrame]) -> str:
    """What each column of the tables holds, as Markdown.

    Raises:
        KeyError: a column has no text in `COLUMNS`, which a test holds.
    """
    lines = ["# Data dictionary"]
    for name, table in tables.items():
        lines += ["", f"## {name}", "", "| column | type | holds |", "|---|---|---|"]
        lines += [f"| `{column}` | {kind} | {COLUMNS[column]} |" for column, kind in table.schema.items()]
    return "\n".join(lines) + "\n"


def results_card(template: str, tables: Mapping[str, pl.DataFrame], study: Mapping[str, str]) -> str:
    """The folder's README.md, which tells `datasets` its configurations.

    Args:
        template: text of `cards/results.md.jinja`.
        tables: tasks, episodes, scores and effects.
        study: name, description and path (the headline's).
    """
    front = {
        "pretty_name": f"Results of {study['name']}",
        "tags": ["skillift", "evaluation"],
        "configs": [
            {"config_name": name, "data_files": f"data/{name}.parquet"}
            for name in ("tasks", "episodes", "scores")
        ],
    }
    values = {
        "front_matter": yaml.safe_dump(front, sort_keys=False).strip(),
        "study": study["name"],
        "description": study["description"],
        "path": study["path"],
        "rows": {name: table.height for name, table in tables.items()},
    }
    return rendered(template, values)
