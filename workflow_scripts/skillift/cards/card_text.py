"""Cards in the form of the Hugging Face hub: what a checkpoint or corpus is, whence it comes, its limits.

Made from manifests and tables, never by hand; front matter by the hub's own library. The words stand in the
templates of `workflow_scripts/assets/cards/`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import polars as pl

from skillift.errors import UserError, problem
from skillift.metrics.metric import of_metric
from skillift.reporting.arms import by_condition
from skillift.reporting.column_text import UNDEFINED, as_markdown, detectable, percent, points, with_interval
from skillift.statistics.claim_registry import SAFETY
from skillift.students.origin import origin
from skillift.study.objectives import objective

if TYPE_CHECKING:
    import jinja2

BASE = "base"
WORKED = "the worked solutions that come with the tasks"  # a teacher, in words
HOLDOUT = "holdout"  # of a study that says nothing of its suites
_TAGS = ["skillift", "sft", "procedural-skills"]
_ROWS_OF_SIZE = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))


def model_cards(
    template: str,
    spec: dict,
    runs: Mapping[tuple[str, str], dict],
    bases: Mapping[str, dict],
    corpora: Mapping[str, tuple[int, str]],
    tables: Mapping[str, pl.DataFrame],
) -> Iterator[tuple[str, str, str]]:
    """Student, run and card of every run.

    Args:
        template: text of the Jinja template.
        spec: what all cards say (study, description, path, confidence); `students`: by id, what the cards of
            one say (label, and licence where one is noted); `runs`: of each its student, run, recipe, corpus
            and seed.
        runs: manifests of the runs, by student and run.
        bases: manifests of the students.
        corpora: rows and SHA-256 of each corpus.
        tables: effects and pass_rates, contracts EFFECTS and PASS_RATES.

    Raises:
        UserError: the tables do not have a run, or the template is not usable.
    """
    common = {name: value for name, value in spec.items() if name not in ("students", "runs")}
    parts = {name: _by_run(table, spec["path"]) for name, table in tables.items()}
    for run in spec["runs"]:
        student, name = run["student"], run["run"]
        # the base model's rows stand beside the run's: a card tells what was before
        of_run = {
            table: pl.concat([found.get((student, each), found[None]) for each in (BASE, name)])
            for table, found in parts.items()
        }
        said = {**common, **spec["students"][student], **run}
        manifests = runs[student, name], bases[student]
        yield student, name, model_card(template, said, *manifests, corpora[run["corpus"]], of_run)


def _by_run(table: pl.DataFrame, path: str) -> dict[tuple[str, str] | None, pl.DataFrame]:
    """The rows of one scoring path by student and run; no rows under None."""
    rows = of_metric(table).filter(path=path)
    parts = rows.partition_by("student", "run", as_dict=True).items()
    return {None: rows.clear(), **{(student, run): part for (student, run), part in parts}}


def model_card(
    template: str,
    spec: dict,
    run: dict,
    base: dict,
    corpus: tuple[int, str],
    tables: Mapping[str, pl.DataFrame],
) -> str:
    """The card of one run's checkpoints.

    Args:
        template: text of the Jinja template.
        spec: study, description, path (the headline path), suites (the holdout where left out), confidence,
            and of the run: student (id), label, run, recipe, corpus, seed; licence, where its student's entry
            notes one.
        run: the run's manifest.
        base: the student's manifest.
        corpus: rows and SHA-256 of the corpus.
        tables: effects and pass_rates, contracts EFFECTS and PASS_RATES.

    Raises:
        UserError: the tables do not have the run, or the template is not usable.
    """
    tables = {name: of_metric(table) for name, table in tables.items()}
    rates = {suite: _of_run(tables["pass_rates"], spec, suite) for suite in spec.get("suites", [HOLDOUT])}
    steps = sorted(int(step) for step in run["steps"])
    values = {
        "front_matter": _model_data(spec, base, rates),
        "student": as_markdown(spec["label"]),
        "base": origin(base),
        "base_sha256": run["base"],
        "chat_template": base["source"].get("chat_template"),
        "end_tokens": base["source"].get("end_tokens", []),
        "trained_on": objective(run["spec"].get("objective", "")).on,
        "start": run["spec"].get("start"),
        "start_sha256": run.get("start"),
        "rows": corpus[0],
        "corpus_sha256": corpus[1],
        "parameters": run["parameter_count"],
        "trained_parameters": run["trainable_parameters"],
        "final_step": run["final_step"],
        "steps": steps,
        "versions": ", ".join(f"{name} {version}" for name, version in sorted(run["versions"].items())),
        "settings": _settings(run["spec"]),
        "level": f"{100 * spec['confidence']:.4g} %",
        "last_step": steps[-1],
        "suites": [
            {
                "suite": suite,
                "pass_rates": rows.to_dicts(),
                "n_skills": rows["n_skills"].max(),
                **_lift(tables["effects"], spec, suite, steps[-1]),
            }
            for suite, rows in rates.items()
        ],
        "safety": SAFETY in rates,
    }
    return rendered(template, {**spec, **values})


def dataset_card(template: str, spec: dict, corpus: pl.DataFrame, sha256: str, tables: Mapping) -> str:
    """The card of one corpus in the hub's form: where its rows come from, and how many were rejected.

    Args:
        template: text of the Jinja template.
        spec: study, description, corpus (id), settings (the corpus's entry), teacher and judge (in words).
        corpus: contract CORPUS.
        sha256: of its file.
        tables: demonstrations and tasks, contracts DEMONSTRATIONS and TASKS.

    Raises:
        UserError: the template is not usable.
    """
    from huggingface_hub import DatasetCardData

    written = tables["demonstrations"]
    skills = corpus.join(tables["tasks"], on="task_id")["skill_id"].value_counts()["count"]
    size = next((name for limit, name in _ROWS_OF_SIZE if corpus.height < limit), "100K<n<1M")
    data = DatasetCardData(
        pretty_name=f"{spec['study']}: {spec['corpus']}",
        task_categories=["text-generation"],
        size_categories=[size],
        annotations_creators=["machine-generated"],
        language_creators=["machine-generated"],
        tags=_TAGS,
    )
    values = {
        "front_matter": data.to_yaml(),
        "settings": _settings(spec["settings"]),
        "condition": spec["settings"]["condition"],
        "demonstrations": written.height,
        "tasks": written["task_id"].n_unique(),
        "passed": written["passed"].fill_null(False).sum(),
        "failed": (~written["passed"]).sum(),
        "unscored": written["passed"].null_count(),
        "sha256": sha256,
        "rows": corpus.height,
        "skills": len(skills),
        "fewest": skills.min(),
        "most": skills.max(),
        **_wrong_answers(spec, corpus, written),
    }
    return rendered(template, {**spec, **values})


def _wrong_answers(spec: Mapping, corpus: pl.DataFrame, written: pl.DataFrame) -> dict[str, object]:
    """How many rows are answers that the judge failed or gave no verdict on, and where these come from."""
    taken = corpus.join(written.select("task_id", "attempt", "passed"), on=["task_id", "attempt"], how="left")
    matched = {name: spec["settings"].get(name) for name in ("like", "wrong_share", "rejected")}
    matched["verified"] = spec["settings"].get("verified", True)
    return {
        **matched,
        "wrong_rows": (~taken["passed"]).sum(),
        "unscored_rows": taken["passed"].null_count(),
        "makes_wrong": spec["teacher"] == WORKED,
    }


def _lift(effects: pl.DataFrame, spec: dict, suite: str, step: int) -> dict[str, str]:
    """The lift of a run on one suite with its interval, and the smallest detectable one; empty without."""
    place = {"path": spec["path"], "suite": suite, "student": spec["student"], "run": spec["run"]}
    rows = effects.filter(**place, step=step, contrast="lift:curated-none")
    estimate = rows.select(
        lift=with_interval(points, "estimate", "ci_low", "ci_high"),
        mde=detectable("mde").fill_null(UNDEFINED),
    )
    return estimate.row(0, named=True) if estimate.height else {"lift": "", "mde": UNDEFINED}


def _of_run(table: pl.DataFrame, spec: dict, suite: str) -> pl.DataFrame:
    """One row a condition, along the ladder: rates before and after as text, the later's counts and rate."""
    rows = table.filter(path=spec["path"], suite=suite, student=spec["student"])
    text = with_interval(percent, "pass_rate", "ci_low", "ci_high")
    after = rows.filter(run=spec["run"]).filter(pl.col("step") == pl.col("step").max())
    if after.is_empty():
        where = f"pass rates of {spec['student']}/{spec['run']} on the path {spec['path']}"
        raise UserError(problem(where, f"no rows of the suite {suite}", "one for each condition"))
    before = rows.filter(run=BASE).select("condition", before=text)
    counts = ("n_tasks", "n_skills", "n_unscored", "pass_rate")
    joined = after.select("condition", *counts, after=text).join(before, on="condition", how="left")
    return by_condition(joined.with_columns(pl.col("before").fill_null(UNDEFINED))).sort("condition_place")


def _model_data(spec: dict, base: dict, rates: Mapping[str, pl.DataFrame]) -> str:
    from huggingface_hub import EvalResult, ModelCardData

    results = [
        EvalResult(
            task_type="text-generation",
            dataset_type=spec["study"],
            dataset_name=f"{spec['study']}, suite {suite}, condition {row['condition']}",
            dataset_config=row["condition"],
            dataset_split=suite,
            metric_type="pass_rate",
            metric_name=f"pass rate on the path {spec['path']}",
            metric_value=round(row["pass_rate"], 4),
        )
        for suite, rows in rates.items()
        for row in rows.filter(pl.col("pass_rate").is_not_null()).iter_rows(named=True)
    ]
    licence = spec.get("licence")
    data = ModelCardData(
        base_model=base["source"].get("model"),
        library_name="transformers",
        pipeline_tag="text-generation",
        license="other" if licence else None,
        license_name=licence,
        model_name=f"{spec['study']}-{spec['student']}-{spec['run']}",
        eval_results=results or None,
        tags=_TAGS,
    )
    return data.to_yaml()


def _settings(settings: Mapping) -> list[tuple[str, str]]:
    return [(key, json.dumps(value, sort_keys=True)) for key, value in sorted(settings.items())]


def rendered(template: str, values: Mapping) -> str:
    """A Jinja template filled in with values.

    Raises:
        UserError: it is no usable template, or wants a value that is not there.
    """
    import jinja2

    try:
        return _compiled(template).render(values)
    except jinja2.TemplateError as error:
        raise UserError(problem("template of a card", str(error), "a usable Jinja template")) from None


@functools.cache
def _compiled(template: str) -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(template)
