"""Cards in the form of the Hugging Face hub: what a checkpoint is, whence it comes, its limits.

Made from manifests and tables, never by hand; front matter by the hub's own library. The words stand in the
templates of `workflow_scripts/assets/cards/`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

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

    from skillift.settings.publication_specs import CardRun, CardStudent, ModelCardsSpec

BASE = "base"
HOLDOUT = "holdout"  # of a study that says nothing of its suites
TAGS = ["skillift", "sft", "procedural-skills"]


class CardOf(NamedTuple):
    """The run that a card is of.

    Attributes:
        spec: what all cards say.
        confidence: of the intervals in the tables.
        run: what this one says.
    """

    spec: ModelCardsSpec
    confidence: float
    run: CardRun

    @property
    def student(self) -> CardStudent:
        """What the cards of its student say."""
        return self.spec.students[self.run.student]

    @property
    def suites(self) -> Sequence[str]:
        """The suites that the numbers are of."""
        return self.spec.suites or (HOLDOUT,)

    def texts(self) -> dict[str, Any]:
        """What it says that a template may name."""
        common = self.spec.model_dump(exclude={"students", "runs"})
        return {**common, "confidence": self.confidence, **self.student.model_dump(), **self.run.model_dump()}


def model_cards(
    template: str,
    spec: ModelCardsSpec,
    confidence: float,
    runs: Mapping[tuple[str, str], dict],
    bases: Mapping[str, dict],
    corpora: Mapping[str, tuple[int, str]],
    tables: Mapping[str, pl.DataFrame],
) -> Iterator[tuple[str, str, str]]:
    """Student, run and card of every run.

    Args:
        template: text of the Jinja template.
        spec: what the cards say.
        confidence: of the intervals in the tables.
        runs: manifests of the runs, by student and run.
        bases: manifests of the students.
        corpora: rows and SHA-256 of each corpus.
        tables: effects and pass_rates, contracts EFFECTS and PASS_RATES.

    Raises:
        UserError: the tables do not have a run, or the template is not usable.
    """
    parts = {name: _by_run(table, spec.path) for name, table in tables.items()}
    for run in spec.runs:
        # the base model's rows stand beside the run's: a card tells what was before
        of_run = {
            table: pl.concat([found.get((run.student, each), found[None]) for each in (BASE, run.run)])
            for table, found in parts.items()
        }
        of, manifests = CardOf(spec, confidence, run), (runs[run.student, run.run], bases[run.student])
        yield run.student, run.run, model_card(template, of, *manifests, corpora[run.corpus], of_run)


def _by_run(table: pl.DataFrame, path: str) -> dict[tuple[str, str] | None, pl.DataFrame]:
    """The rows of one scoring path by student and run; no rows under None."""
    rows = of_metric(table).filter(path=path)
    parts = rows.partition_by("student", "run", as_dict=True).items()
    return {None: rows.clear(), **{(student, run): part for (student, run), part in parts}}


def model_card(
    template: str,
    of: CardOf,
    run: dict,
    base: dict,
    corpus: tuple[int, str],
    tables: Mapping[str, pl.DataFrame],
) -> str:
    """The card of one run's checkpoints.

    Args:
        template: text of the Jinja template.
        of: the run.
        run: the run's manifest.
        base: the student's manifest.
        corpus: rows and SHA-256 of the corpus.
        tables: effects and pass_rates, contracts EFFECTS and PASS_RATES.

    Raises:
        UserError: the tables do not have the run, or the template is not usable.
    """
    tables = {name: of_metric(table) for name, table in tables.items()}
    rates = {suite: _of_run(tables["pass_rates"], of, suite) for suite in of.suites}
    steps = sorted(int(step) for step in run["steps"])
    values = {
        "front_matter": _model_data(of, base, rates),
        "student": as_markdown(of.student.label),
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
        "settings": settings_rows(run["spec"]),
        "level": f"{100 * of.confidence:.4g} %",
        "last_step": steps[-1],
        "suites": [
            {
                "suite": suite,
                "pass_rates": rows.to_dicts(),
                "n_skills": rows["n_skills"].max(),
                **_lift(tables["effects"], of, suite, steps[-1]),
            }
            for suite, rows in rates.items()
        ],
        "safety": SAFETY in rates,
    }
    return rendered(template, {**of.texts(), **values})


def _lift(effects: pl.DataFrame, of: CardOf, suite: str, step: int) -> dict[str, str]:
    """The lift of a run on one suite with its interval, and the smallest detectable one; empty without."""
    place = {"path": of.spec.path, "suite": suite, "student": of.run.student, "run": of.run.run}
    rows = effects.filter(**place, step=step, contrast="lift:curated-none")
    estimate = rows.select(
        lift=with_interval(points, "estimate", "ci_low", "ci_high"),
        mde=detectable("mde").fill_null(UNDEFINED),
    )
    return estimate.row(0, named=True) if estimate.height else {"lift": "", "mde": UNDEFINED}


def _of_run(table: pl.DataFrame, of: CardOf, suite: str) -> pl.DataFrame:
    """One row a condition, along the ladder: rates before and after as text, the later's counts and rate."""
    rows = table.filter(path=of.spec.path, suite=suite, student=of.run.student)
    text = with_interval(percent, "pass_rate", "ci_low", "ci_high")
    after = rows.filter(run=of.run.run).filter(pl.col("step") == pl.col("step").max())
    if after.is_empty():
        where = f"pass rates of {of.run.student}/{of.run.run} on the path {of.spec.path}"
        raise UserError(problem(where, f"no rows of the suite {suite}", "one for each condition"))
    before = rows.filter(run=BASE).select("condition", before=text)
    counts = ("n_tasks", "n_skills", "n_unscored", "pass_rate")
    joined = after.select("condition", *counts, after=text).join(before, on="condition", how="left")
    return by_condition(joined.with_columns(pl.col("before").fill_null(UNDEFINED))).sort("condition_place")


def _model_data(of: CardOf, base: dict, rates: Mapping[str, pl.DataFrame]) -> str:
    from huggingface_hub import EvalResult, ModelCardData

    results = [
        EvalResult(
            task_type="text-generation",
            dataset_type=of.spec.study,
            dataset_name=f"{of.spec.study}, suite {suite}, condition {row['condition']}",
            dataset_config=row["condition"],
            dataset_split=suite,
            metric_type="pass_rate",
            metric_name=f"pass rate on the path {of.spec.path}",
            metric_value=round(row["pass_rate"], 4),
        )
        for suite, rows in rates.items()
        for row in rows.filter(pl.col("pass_rate").is_not_null()).iter_rows(named=True)
    ]
    licence = of.student.licence
    data = ModelCardData(
        base_model=base["source"].get("model"),
        library_name="transformers",
        pipeline_tag="text-generation",
        license="other" if licence else None,
        license_name=licence,
        model_name=f"{of.spec.study}-{of.run.student}-{of.run.run}",
        eval_results=results or None,
        tags=TAGS,
    )
    return data.to_yaml()


def settings_rows(settings: Mapping) -> list[tuple[str, str]]:
    """Keys and values of settings as a card lists them."""
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
