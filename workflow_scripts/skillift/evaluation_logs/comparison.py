"""A comparison of logs: its tables, figures and pages in one folder, without a study file, a model or Snakemake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from skillift.contracts.analysis import ANALYSIS_TABLES, CERTIFICATION_RATES
from skillift.contracts.pipeline import EPISODES, SCORES, SKILLS, TASKS
from skillift.evaluation_logs.arms import Arms
from skillift.evaluation_logs.summary import shown_effects, summary
from skillift.evaluation_logs.tables import Tables
from skillift.findings import findings
from skillift.findings.page import Made, findings_page
from skillift.findings.rows import findings_rows
from skillift.publication.html_parts import read_part
from skillift.reporting.registry import Extent, figures_for
from skillift.statistics.analysis import analyse
from skillift.statistics.pass_rates import no_responses, responses
from skillift.tables import atomic_path, write_json, write_table

# what only a study has: judges, trainings, costs
_OF_STUDIES = ("loss_curves", "costs", "certification")


def analysed(made: Tables, spec: dict) -> dict[str, pl.DataFrame]:
    """The tables of the analysis, and an empty one of certified judges."""
    student = next(iter(spec["students"]))
    frames = [responses(frame, student, run) for run, frame in made.episodes.items()]
    found = analyse(made.scores, made.tasks, pl.concat([no_responses(), *frames]), spec)._asdict()
    types = {name: column.dtype.type for name, column in CERTIFICATION_RATES.columns.items()}
    return found | {"certification": pl.DataFrame(schema=types)}


def extent_of(arms: Arms, spec: dict) -> Extent:
    """What of a study logs have."""
    conditions = {arm.condition for arm in arms.arms}
    return Extent(
        judges=0,
        trained=sum(run["recipe"] is not None for run in spec["runs"]),
        recipes=1,
        controls=len({"placebo", "filler"} & conditions),
        delta=int({"none", "curated"} <= conditions),
        predictions=0,
    )


def write_comparison(
    arms: Arms, made: Tables, spec: dict, out: Path, assets: Mapping[str, Path], made_by: Made, record: dict
) -> str:
    """Analyse, and write tables, figures, pages and the record of what was compared; returns the summary.

    Args:
        arms: what was read.
        made: the tables of it.
        spec: of `tables.spec_of`.
        out: the folder to write.
        assets: `pages`, `captions`, `browser` and `prompts`: folders of templates.
        made_by: for the citation; its table is filled in here.
        record: options and sources, for `comparison.json`.
    """
    analysis = analysed(made, spec)
    write_table(made.tasks, out / "tasks.parquet", TASKS)
    write_table(made.skills, out / "skills.parquet", SKILLS)
    write_table(made.scores, out / "scores.parquet", SCORES)
    for run, frame in made.episodes.items():
        write_table(frame, out / f"episodes/{run}.parquet", EPISODES)
    for name, schema in ANALYSIS_TABLES.items():
        write_table(analysis[name], out / f"analysis/{name}.parquet", schema)
    text = summary(arms, made, analysis, spec)
    _write(out / "summary.md", text)
    shown_effects(analysis["effects"], spec).write_csv(out / "effects.csv")
    extent = extent_of(arms, spec)
    if extent.delta:
        _write_page(analysis, spec, figures_for(extent), out, assets, made_by)
    write_json(record, out / "comparison.json")
    return text


def _write_page(
    analysis: Mapping[str, pl.DataFrame],
    spec: dict,
    names: Sequence[str],
    out: Path,
    assets: Mapping[str, Path],
    made_by: Made,
) -> None:
    """The findings with their figures: they are about lifts, and so need both conditions."""
    from skillift.figures import draw, save

    drawn = [name for name in names if name not in _OF_STUDIES]
    for name in drawn:
        save(draw(name, analysis, spec), out / f"figures/{name}.svg")
    parts = findings(analysis, spec)
    table = findings_rows(parts).write_csv().encode()
    _write(out / "findings.csv", table.decode())
    figures = {name: read_part(out / f"figures/{name}.svg") for name in drawn}
    captions = {name: read_part(assets["captions"] / f"{name}.rst") for name in drawn}
    page = [read_part(assets["pages"] / f"findings.{ending}") for ending in ("html", "css", "js")]
    made_by = Made(made_by.date, made_by.version, made_by.commit, table)
    _write(out / "findings.html", findings_page(parts, spec, *page, figures, captions, made_by))


def _write(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
