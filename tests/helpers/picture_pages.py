"""Pages of made-up studies that are neither figures, tables nor findings, for `pictures.py`.

The report's first screen, the episode browser, a comparison of logs and the second opinion as they are;
cards, comparisons of studies and summaries are Markdown, which is shown here as hubs and issues show it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import polars as pl
from browser_study import page_of
from made_logs import line, write_lm_eval
from made_specs import declared_runs, viewed

from skillift.browser.browser_data import browser_data
from skillift.cards.card_text import CardOf, model_card
from skillift.cards.corpus_card import dataset_card
from skillift.contracts.pipeline import EPISODE_KEY, EPISODES, SKILLS, VERDICTS, required_columns
from skillift.findings.finding import Part
from skillift.findings.finding_rows import findings_text
from skillift.findings.summary import summary
from skillift.publication.table_page import to_html
from skillift.reporting.across_studies import comparison_text
from skillift.reporting.registry import FIGURES, TABLES
from skillift.reporting.view import HOLDOUT
from skillift.second_opinion.comparison import comparison
from skillift.second_opinion.opinion_page import page
from skillift.settings.publication_specs import (
    BrowserSpec,
    CardRun,
    CardStudent,
    DatasetCardSpec,
    ModelCardsSpec,
)
from skillift.statistics.across_studies import Finished
from skillift.tables import check
from skillift.tasks.prompts import TEMPLATE_PATH

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "workflow_scripts/assets"
SHOWN = ("none", "curated")
Tables = Mapping[str, pl.DataFrame]


def further_pages(spec: dict, tables: Tables, parts: list[Part], out: Path) -> Iterator[Path]:
    """Write all of them into the folder of a study, whose figures, tables and findings are there.

    Args:
        spec: as of `picture_studies.made`.
        tables: likewise.
        parts: the findings.
        out: the folder.
    """
    yield _report(spec, parts, out)
    yield _written(out / "page_episodes.html", _browser(spec, tables))
    yield _written(out / "page_second_opinion.html", _second_opinion(spec, tables))
    yield _logs(spec, tables, out)
    texts = {
        "model_card": _model_card(spec, tables),
        "corpus_card": _corpus_card(spec, tables),
        "compared_studies": _compared(spec, tables),
        "summary": summary(tables, viewed(spec), spec["name"]),
    }
    for name, text in texts.items():
        yield _written(out / f"page_{name}.html", as_page(text))


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def as_page(text: str) -> str:
    """Markdown as hubs show it: tables have lines, and are moved sideways where they are too wide."""
    from markdown_it import MarkdownIt

    html = MarkdownIt().enable("table").render(text.partition("\n---\n")[2] or text)
    look = (
        "body{font:16px sans-serif;max-width:800px;margin:24px auto;padding:0 16px;overflow-wrap:break-word}"
        "table{border-collapse:collapse;display:block;overflow-x:auto}"
        "td,th{border:1px solid #d0d7de;padding:6px 13px}code{overflow-wrap:anywhere}"
    )
    head = f"<meta charset=utf-8><meta name=viewport content='width=device-width'><style>{look}</style>"
    return f"<!doctype html>{head}<body>{html}"


# what the workflow marks for the report, of files that are there already
_SNAKEFILE = """
report: {opening!r}

rule all:
    input: {files!r}
"""
_RULE = """
rule:
    name: {name!r}
    output: report({file!r}, caption={caption!r}, category={category!r}, labels={labels!r})
    shell: "false"
"""


def _report(spec: dict, parts: list[Part], out: Path) -> Path:
    """Snakemake's report of what stands in the folder."""
    captions, files = ROOT / "rules/captions", []
    (out / "findings.rst").write_text(findings_text(parts, dict.fromkeys(FIGURES, "")), encoding="utf-8")
    kinds = {
        "1 Findings": {"findings": "findings.html"},
        "2 Figures": {name: f"figures/{name}.svg" for name in FIGURES},
        "3 Tables": {name: f"table_{name}.html" for name in TABLES},
    }
    rules = ""
    for category, named in kinds.items():
        for name, file in named.items():
            if (out / file).exists():
                files.append(file)
                about = {"name": f"make_{name}", "file": file, "category": category}
                rules += _RULE.format(**about, caption=str(captions / f"{name}.rst"), labels={"page": name})
    text = _SNAKEFILE.format(opening=str(captions / "report.rst"), files=files) + rules
    (out / "Snakefile").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--directory", out, "--snakefile", out / "Snakefile"]
    command += ["--config", f"study={spec['name']}", "--quiet", "all"]
    command += ["--report", "page_report.html", "--report-stylesheet", ROOT / "rules/report.css"]
    subprocess.run([str(part) for part in command], check=True, cwd=out)
    return out / "page_report.html"


def _browser(spec: dict, tables: Tables) -> str:
    last = pl.col("step") == pl.col("step").max().over("student", "run")
    scores = tables["scores"].filter(last, pl.col("condition").is_in(SHOWN), suite=HOLDOUT)
    tasks = tables["tasks"].filter(suite=HOLDOUT)
    names = tasks["skill_id"].unique().sort()
    steps = [f"Step {number}: do the next part of it." for number in range(1, 6)]
    skills = pl.DataFrame({"skill_id": names, "name": names, "domain": "made", "steps": [steps] * len(names)})
    episodes, verdicts = [], []
    judges = [path for path in scores["path"].unique().sort() if path != "bench"]
    for student, run in scores.select("student", "run").unique().sort("student", "run").iter_rows():
        of_run = scores.filter(student=student, run=run)
        frame = _episodes(of_run.filter(path=spec["analysis"]["headline_path"]))
        episodes.append((student, run, frame))
        for path in judges:
            given = _verdicts(of_run.filter(path=path))
            verdicts.append((path.removeprefix("judge:"), student, run, given))
    shown = {key: spec[key] for key in ("name", "students", "references", "runs")}
    shown |= {"headline_path": spec["analysis"]["headline_path"], "prompt_seed": 0}
    shown["judges"] = [path.removeprefix("judge:") for path in judges]
    template = TEMPLATE_PATH.read_text(encoding="utf-8")
    skills = check(skills, SKILLS, "made skills")
    return page_of(browser_data(tasks, skills, episodes, verdicts, scores, template, BrowserSpec(**shown)))


def _episodes(scores: pl.DataFrame) -> pl.DataFrame:
    said = (
        pl.when(pl.col("passed").fill_null(value=False)).then(pl.lit("the reference")).otherwise(pl.lit("?"))
    )
    frame = scores.select(EPISODE_KEY).with_columns(
        engine=pl.lit("vllm"),
        prompt_sha256=pl.lit("0" * 64),
        response=scores.select(pl.format("Step 1: I read the list.\nANSWER: {}", said)).to_series(),
        finish_reason=pl.lit("stop"),
        prompt_tokens=pl.lit(90, pl.Int64),
        completion_tokens=pl.lit(12, pl.Int64),
    )
    return check(frame.select(required_columns(EPISODES)).sort(EPISODE_KEY), EPISODES, "made episodes")


def _verdicts(scores: pl.DataFrame) -> pl.DataFrame:
    frame = scores.select(*EPISODE_KEY, "passed", "status").with_columns(
        raw=pl.lit('{"conclusion": "the same"}'),
        prompt_tokens=pl.lit(0, pl.Int64),
        completion_tokens=pl.lit(0, pl.Int64),
        cost_usd=pl.lit(0.0),
        template_sha256=pl.lit("0" * 64),
    )
    return check(frame.sort(EPISODE_KEY), VERDICTS, "made verdicts")


def _second_opinion(spec: dict, tables: Tables) -> str:
    """The page with made-up posteriors, a little narrower than the intervals; some did not converge."""
    claims = tables["claims"].filter(pl.col("claim").is_in(["lift", "procedural_delta"]), suite=HOLDOUT)
    posteriors = {}
    for path, rows in claims.group_by("path", maintain_order=True):
        effects = [
            {name: row[name] for name in ("student", "run", "claim")}
            | {
                "mean": row["estimate"],
                "low": 0.9 * (row["ci_low"] or 0),
                "high": 0.9 * (row["ci_high"] or 0),
            }
            | {"above": 0.5, "n_effective": 900.0, "r_hat": 1.05 if row["student"] == "s0" else 1.001}
            | {"defined": row["estimate"] is not None}
            for row in rows.iter_rows(named=True)
        ]
        posteriors[path[0]] = {"effects": effects, "worst_r_hat": 1.01, "n_divergent": 0, "n_draws": 2400}
    table = comparison(claims, posteriors, HOLDOUT)
    return to_html([page(table, viewed(spec))], "second_opinion")


def _logs(spec: dict, tables: Tables, out: Path) -> Path:
    """A comparison of logs: the smallest student before, and after each of its trainings."""
    from evaluation_logs.compare_logs import main

    logs = out / "logs"
    student, head = "s0", spec["analysis"]["headline_path"]
    scores = tables["scores"].filter(student=student, path=head, suite=HOLDOUT, sample=0)
    skill = dict(tables["tasks"].select("task_id", "skill_id").iter_rows())
    last = pl.col("step") == pl.col("step").max().over("run")
    runs = [run for run in scores["run"].unique().sort() if not run.startswith("training_of")]
    for run in runs:
        for condition in SHOWN:
            arm = scores.filter(last, run=run, condition=condition).sort("task_id")
            lines = [
                line(
                    number,
                    float(bool(row["passed"])),
                    doc={"id": row["task_id"], "skill": skill[row["task_id"]]},
                )
                for number, row in enumerate(arm.iter_rows(named=True))
            ]
            write_lm_eval(logs / run, lines, task=f"skills_{condition}")
    options = ["--before", logs / "base", "--after", *(logs / run for run in runs if run != "base")]
    options += ["--condition", "none=skills_none", "curated=skills_curated", "--item", "id"]
    options += ["--cluster", "skill", "--label", spec["students"][student]["label"]]
    options += [
        "--recipe",
        spec["runs"][1]["recipe"] or "sft",
        "--name",
        spec["name"],
        "--out",
        out / "compared",
    ]
    with redirect_stdout(StringIO()):
        main([str(option) for option in options])
    return (out / "compared/findings.html").rename(out / "page_compared_logs.html")


_RUN = {
    "base": "a" * 64,
    "parameter_count": 46016,
    "trainable_parameters": 19456,
    "final_step": 138,
    "steps": {"138": {}},
    "versions": {"trl": "1.16.0", "torch": "2.13.0"},
    "spec": {"learning_rate": 0.005, "trainable": {"lora": {"rank": 16, "modules": ["q_proj", "k_proj"]}}},
}


def _model_card(spec: dict, tables: Tables) -> str:
    run = next(run for run in spec["runs"] if run["run"] != "base")
    base = {"source": {"kind": "hub", "model": f"owner/{spec['students'][run['student']]['label']}"}}
    base["source"]["commit"] = "0123abc"
    base["parameter_count"] = _RUN["parameter_count"]
    of = CardRun(**run, corpus="worked_solutions_all")
    said = {"study": spec["name"], "description": "Nobody's question."}
    said |= {"path": spec["analysis"]["headline_path"]}
    said |= {"suites": spec["analysis"]["suites"]} if "suites" in spec["analysis"] else {}
    students = {of.student: CardStudent(label=spec["students"][of.student]["label"])}
    cards = ModelCardsSpec(**said, students=students, runs=[of])
    card = CardOf(cards, spec["analysis"]["confidence"], of)
    template = (ASSETS / "cards/model.md.jinja").read_text(encoding="utf-8")
    return model_card(template, card, _RUN, base, (353, "b" * 64), tables)


def _corpus_card(spec: dict, tables: Tables) -> str:
    tasks = tables["tasks"].filter(suite=HOLDOUT)
    corpus = tasks.select("task_id", attempt=pl.lit(0, pl.Int64))
    written = corpus.with_columns(passed=pl.lit(value=spec["name"] != "a_study_named_zero"))
    said = {"study": spec["name"], "description": "Nobody's question.", "corpus": "worked_solutions_all"}
    said |= {"teacher": "claude_haiku_4_5_low", "judge": spec["primary_judge"]}
    said |= {"settings": {"condition": "curated", "rows": corpus.height, "verified": True}}
    template = (ASSETS / "cards/dataset.md.jinja").read_text(encoding="utf-8")
    return dataset_card(
        template, DatasetCardSpec(**said), corpus, "c" * 64, {"demonstrations": written, "tasks": tasks}
    )


def _compared(spec: dict, tables: Tables) -> str:
    """The study beside itself, and beside itself by another path, under names of their own."""
    head = spec["analysis"]["headline_path"]
    rest = [tables[name] for name in ("tasks", "scores", "effects")]
    rest[2] = rest[2].filter(metric="pass")
    names = (spec["name"], f"{spec['name']}_again")
    rest.append(declared_runs(spec["runs"]))
    studies = dict.fromkeys(names, (head, HOLDOUT, *rest))
    studies[f"{spec['name']}_by_lines"] = ("bench", HOLDOUT, *rest)
    found = {name: Finished(*each) for name, each in studies.items()}
    return comparison_text(found, dict.fromkeys(found, viewed(spec)), "lift:curated-none")
