"""A comparison of logs: its tables, figures and pages in one folder, without a study file or a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from skillift.browser.data import NOTHING, browser_data
from skillift.browser.page import browser_page
from skillift.contracts.analysis import ANALYSIS_TABLES, CERTIFICATION_RATES
from skillift.contracts.pipeline import EPISODES, SCORES, SKILLS, TASKS
from skillift.evaluation_logs.arms import Arms
from skillift.evaluation_logs.summary import shown_effects, summary
from skillift.evaluation_logs.tables import Tables
from skillift.figures import draw, save
from skillift.findings import Part, findings
from skillift.findings.finding import how_many, told
from skillift.findings.lift import finding_of
from skillift.findings.page import Made, findings_page
from skillift.findings.rows import findings_rows
from skillift.publication.html_parts import read_part
from skillift.reporting.arms import read_spec
from skillift.reporting.registry import Extent, figures_for
from skillift.statistics.analysis import analyse
from skillift.statistics.claim_labels import CONTRADICTED, SUPPORTED
from skillift.statistics.pass_rates import no_responses
from skillift.tables import atomic_path, write_json, write_table

MOST_SHOWN = 2000  # items in the browser: with their texts, some 20 MB
SCRIPTS = ("data", "cases", "search", "list", "detail", "link", "main")  # of the browser, in their order
# what only a study has: judges, trainings, costs, responses that were asked for in a form
_OF_STUDIES = ("loss_curves", "costs", "certification", "metrics")


def analysed(made: Tables, spec: dict) -> dict[str, pl.DataFrame]:
    """The tables of the analysis, and an empty one of certified judges.

    The answers' form is the harness's business: none is looked at.
    """
    found = analyse(made.scores, made.tasks, no_responses(), spec)._asdict()
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
        assets: `pages`, `captions` and `browser`: folders of templates.
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
    names = [name for name in figures_for(extent_of(arms, spec)) if name not in _OF_STUDIES]
    for name in names:
        save(draw(name, analysis, spec), out / f"figures/{name}.svg")
    _write_page(_parts(analysis, spec), spec, names, out, assets, made_by)
    _write_browser(made, spec, out, assets)
    write_json(record, out / "comparison.json")
    return text


def _parts(analysis: Mapping[str, pl.DataFrame], spec: dict) -> list[Part]:
    """The findings; with one condition gains stand in the place of lifts."""
    parts = findings(analysis, spec)
    view = read_spec(spec)
    rows = shown_effects(analysis["effects"], spec)
    gains = [row for row in rows.iter_rows(named=True) if row["contrast"].startswith("gain:")]
    found = [
        finding_of("resolved", row, f"gain under {row['contrast'].removeprefix('gain:')}", "", view)
        for row in gains
    ]
    first = parts[0]
    if first.findings or not found:
        return [replace(first, findings=[*first.findings, *found]), *parts[1:]]
    number = sum(row["word"] in (SUPPORTED, CONTRADICTED) for row in gains)
    answer = (
        f"{number} of {how_many(len(gains), 'gain')} resolved: {told([row['word'] for row in gains])}. "
        "A lift needs logs under none and under curated."
    )
    return [replace(first, answer=answer, findings=found), *parts[1:]]


def _write_page(
    parts: list[Part],
    spec: dict,
    names: Sequence[str],
    out: Path,
    assets: Mapping[str, Path],
    made_by: Made,
) -> None:
    table = findings_rows(parts).write_csv().encode()
    _write(out / "findings.csv", table.decode())
    figures = {name: read_part(out / f"figures/{name}.svg") for name in names}
    captions = {name: read_part(assets["captions"] / f"{name}.rst") for name in names}
    html, css, js = (read_part(assets["pages"] / f"findings.{ending}") for ending in ("html", "css", "js"))
    page = findings_page(parts, spec, html, css, js, figures, captions, replace(made_by, table=table))
    _write(out / "findings.html", page)


def _write_browser(made: Tables, spec: dict, out: Path, assets: Mapping[str, Path]) -> None:
    """All answers beside each other; of very many items the first, and the page's name says so."""
    shown = made.tasks["task_id"].head(MOST_SHOWN)
    if made.tasks.height > MOST_SHOWN:
        spec = spec | {"name": f"{spec['name']}: the first {MOST_SHOWN:,} of {made.tasks.height:,} items"}
    kept = pl.col("task_id").is_in(shown.implode())
    student = next(iter(spec["students"]))
    data = browser_data(
        made.tasks,
        made.skills,
        [(student, run, frame.filter(kept)) for run, frame in made.episodes.items()],
        [],
        made.scores.filter(kept),
        "",
        spec,
        made.messages,
    )
    for condition in data["conditions"]:  # 0 stands for what the log does not count
        cells = data["cells"][condition]
        cells["tokens"] = [tokens or NOTHING for tokens in cells["tokens"]]
    folder = assets["browser"]
    scripts = [read_part(folder / f"{name}.js") for name in SCRIPTS]
    _write(
        out / "episodes.html",
        browser_page(data, read_part(folder / "page.html"), read_part(folder / "page.css"), scripts),
    )


def _write(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
