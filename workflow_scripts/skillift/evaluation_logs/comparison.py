"""A comparison of logs: its tables, figures and pages in one folder, without a model or Snakemake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from skillift.browser.browser_data import NOTHING, browser_data
from skillift.browser.browser_page import browser_page
from skillift.contracts.analysis import ANALYSIS_TABLES, CERTIFICATION_RATES
from skillift.contracts.pipeline import EPISODES, LOGGED_SCORES, SCORES, SKILLS, TASKS
from skillift.contracts.predictions import PREDICTIONS
from skillift.evaluation_logs import gains_figure
from skillift.evaluation_logs.compared import compared, predicted
from skillift.evaluation_logs.comparison_findings import FIGURE, Said, comparison_parts
from skillift.evaluation_logs.comparison_page import BESIDE, comparison_page
from skillift.evaluation_logs.figure_captions import CAPTIONS
from skillift.evaluation_logs.log_tables import Comparison, Tables
from skillift.evaluation_logs.summary import summary, tidy_effects
from skillift.figures import draw, save
from skillift.findings.finding import Part
from skillift.findings.finding_rows import findings_rows
from skillift.findings.findings_page import Made
from skillift.metrics.names import PASS
from skillift.publication.html_parts import PageParts, read_part
from skillift.reporting.registry import WHERE_DECLARED
from skillift.settings.publication_specs import BrowserSpec, DeclaredPrediction
from skillift.statistics.claim_registry import LIFT
from skillift.tables import atomic_path, write_json, write_table

MOST_SHOWN = 2000  # items in the browser: with their texts, some 20 MB
MOST_GROUPS = 200  # in the figure that has a line for each
SCRIPTS = ("data", "cases", "search", "list", "detail", "link", "main")  # of the browser, in their order


def write_comparison(
    made: Tables,
    comparison: Comparison,
    predictions: Mapping[str, DeclaredPrediction],
    out: Path,
    assets: Mapping[str, Path],
    made_by: Made,
    record: dict,
) -> str:
    """Analyse, and write tables, figures, pages and the record of what was compared; returns the summary.

    Args:
        made: the tables of the logs, within `skillift.metrics.registry.also` where they measure a metric.
        comparison: how they are analysed and shown.
        predictions: of a study, as `study_settings` gives them.
        out: the folder to write.
        assets: `pages` and `browser`: folders of templates.
        made_by: for the citation; its table is filled in here.
        record: options and sources, for `comparison.json`.
    """
    analysis = compared(made, comparison)
    if predictions:
        analysis["predictions"] = predicted(made, comparison, predictions)
    view, said = comparison.view, Said(comparison.about)
    parts = comparison_parts(analysis, view, said)
    text = summary(parts, analysis, comparison)
    _remove_earlier(out)
    write_table(made.tasks, out / "tasks.parquet", TASKS)
    write_table(made.skills, out / "skills.parquet", SKILLS)
    if made.measure.metric == PASS:
        write_table(made.scores.drop("value"), out / "scores.parquet", SCORES)
    else:
        write_table(made.logged, out / "logged_scores.parquet", LOGGED_SCORES)
    for run, frame in made.episodes.items():
        write_table(frame, out / f"episodes/{run}.parquet", EPISODES)
    for name, schema in {**ANALYSIS_TABLES, "predictions": PREDICTIONS}.items():
        if name in analysis and name not in WHERE_DECLARED:  # which a comparison declares nothing of
            write_table(analysis[name], out / f"analysis/{name}.parquet", schema)
    _write(out / "summary.md", text)
    tidy_effects(analysis["claims"]).write_csv(out / "effects.csv")
    names = figures_of(analysis, said)
    types = {name: column.dtype.type for name, column in CERTIFICATION_RATES.columns.items()}
    drawn_from = analysis | {"certification": pl.DataFrame(schema=types)}
    for name in names:
        own = name == FIGURE
        chart = gains_figure.figure(analysis["claims"], view, said) if own else draw(name, drawn_from, view)
        save(chart, out / f"figures/{name}.svg")
    _write_page(parts, comparison, names, out, assets, made_by)
    _write_browser(made, comparison.browser, out, assets)
    write_json(record, out / "comparison.json")
    return text


def _remove_earlier(out: Path) -> None:
    """Take away tables and figures of an earlier comparison here, which this one may not have."""
    if not (out / "comparison.json").exists():
        return
    for pattern in ("*scores.parquet", "analysis/*.parquet", "episodes/*.parquet", "figures/*.svg"):
        for path in out.glob(pattern):
            path.unlink()


def figures_of(analysis: Mapping[str, pl.DataFrame], said: Said) -> list[str]:
    """The figures of a comparison in their order: of passes with a lift those of a study, too."""
    names = [FIGURE]
    if said.measure.metric == PASS and LIFT in set(analysis["effects"]["contrast"]):
        names += ["lift", "tier_trajectory"]
        if "asymmetry" in analysis and analysis["skill_effects"]["skill_id"].n_unique() <= MOST_GROUPS:
            names.append("skill_forest")
        names += ["asymmetry"] if "asymmetry" in analysis else []
        if {"placebo", "filler"} & set(said.conditions):
            names.append("placebo_ladder")
        names.append("condition_ladder")
    return [name for name in BESIDE if name in names]


def _write_page(
    parts: list[Part],
    comparison: Comparison,
    names: Sequence[str],
    out: Path,
    assets: Mapping[str, Path],
    made_by: Made,
) -> None:
    table = findings_rows(parts).write_csv().encode()
    _write(out / "findings.csv", table.decode())
    figures = {name: read_part(out / f"figures/{name}.svg") for name in names}
    captions = {name: CAPTIONS[name] for name in names}
    page_parts = PageParts(
        *(read_part(assets["pages"] / f"findings.{ending}") for ending in ("html", "css", "js"))
    )
    page = comparison_page(parts, comparison, page_parts, figures, captions, replace(made_by, table=table))
    _write(out / "findings.html", page)


def _write_browser(made: Tables, spec: BrowserSpec, out: Path, assets: Mapping[str, Path]) -> None:
    """All answers beside each other; of very many items the first, and the page's name says so."""
    shown = made.tasks["task_id"].head(MOST_SHOWN)
    if made.tasks.height > MOST_SHOWN:
        name = f"{spec.name}: the first {MOST_SHOWN:,} of {made.tasks.height:,} items"
        spec = spec.model_copy(update={"name": name})
    kept = pl.col("task_id").is_in(shown.implode())
    student = next(iter(spec.students))
    data = browser_data(
        made.tasks,
        made.skills,
        [(student, run, frame.filter(kept)) for run, frame in made.episodes.items()],
        [],
        made.scores.drop("value").filter(kept),
        "",
        spec,
        made.messages,
        _score_texts(made),
    )
    data["tasks"]["scorer"] = ["harness"] * len(data["tasks"]["id"])
    for condition in data["conditions"]:  # 0 stands for what the log does not count
        cells = data["cells"][condition]
        cells["tokens"] = [tokens or NOTHING for tokens in cells["tokens"]]
    folder = assets["browser"]
    scripts = [read_part(folder / f"{name}.js") for name in SCRIPTS]
    _write(
        out / "episodes.html",
        browser_page(data, read_part(folder / "page.html"), read_part(folder / "page.css"), scripts),
    )


def _score_texts(made: Tables) -> pl.DataFrame | None:
    """A metric's scores as they stand in the logs; passes need none."""
    if made.measure.metric == PASS:
        return None
    text = pl.col("value").map_elements(lambda value: f"{value:.4g}", return_dtype=pl.String)
    return made.logged.with_columns(score=text)


def _write(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
