"""A made-up study for the episode browser: tables of any size, with texts of any length. No one's results."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from skillift.browser.browser_data import browser_data
from skillift.browser.browser_page import browser_page
from skillift.contracts.pipeline import EPISODE_KEY, EPISODES, SCORES, SKILLS, TASKS, VERDICTS
from skillift.publication.html_parts import read_part
from skillift.settings.publication_specs import BrowserSpec
from skillift.tables import check
from skillift.tasks.prompts import TEMPLATE_PATH

BROWSER = Path(__file__).resolve().parents[2] / "workflow_scripts/assets/browser"
SCRIPTS = ("data", "cases", "search", "list", "detail", "link", "main")
JUDGES = ("conclusion", "tail")
CONDITIONS = ("none", "curated", "placebo", "shuffled")
WORDS = [
    f"{head}{tail}"
    for head in ("ka", "lo", "mi", "nu", "pe", "ro", "su", "ti")
    for tail in "abcdefghijklmnop"
]


@dataclass
class Browsed:
    """The arguments of `browser_data`, to be changed before the page is made."""

    tasks: pl.DataFrame
    skills: pl.DataFrame
    episodes: list
    verdicts: list
    scores: pl.DataFrame
    template: str
    spec: dict

    def data(self) -> dict:
        # a comparison of logs may have any name
        spec = BrowserSpec(**self.spec | {"name": "made"}).model_copy(update={"name": self.spec["name"]})
        return browser_data(**vars(self) | {"spec": spec})

    def page(self) -> str:
        return page_of(self.data())


def page_of(data: dict) -> str:
    """The page from the repository's own parts."""
    scripts = [read_part(BROWSER / f"{name}.js") for name in SCRIPTS]
    return browser_page(data, read_part(BROWSER / "page.html"), read_part(BROWSER / "page.css"), scripts)


def make_browsed(
    n_tasks: int = 6,
    students: tuple[str, ...] = ("s", "m"),
    references: tuple[str, ...] = ("r",),
    seeds: int = 1,
    steps: tuple[int, ...] = (138,),
    samples: int = 1,
    words: int = 6,
    conditions: tuple[str, ...] = CONDITIONS,
    suites: tuple[str, ...] = ("holdout",),
    seed: int = 0,
) -> Browsed:
    """A study in which every student is trained with `seeds` seeds; a response has `words` words or so."""
    made = _made(n_tasks, students, references, seeds, steps, samples, words, conditions, suites, seed)
    return copy.deepcopy(made)


@cache
def _made(n_tasks, students, references, seeds, steps, samples, words, conditions, suites, seed) -> Browsed:
    generator = np.random.default_rng(seed)
    tasks, skills = _tasks(n_tasks, suites), _skills()
    runs = [(student, "base", None, None) for student in (*students, *references)]
    runs += [(student, f"sft-s{place}", "sft", place) for student in students for place in range(seeds)]
    episodes, verdicts, scores = [], [], []
    for student, run, recipe, _ in runs:
        frame = _episodes(generator, tasks, steps if recipe else (0,), conditions, samples, words)
        episodes.append((student, run, frame))
        for judge in JUDGES:
            verdicts.append((judge, student, run, _verdicts(generator, frame, judge)))
            scores.append(_scores(verdicts[-1][-1], f"judge:{judge}", student, run))
        scores.append(_scores(_verdicts(generator, frame, "bench"), "bench", student, run))
    spec = {
        "name": "made",
        "headline_path": "judge:conclusion",
        "prompt_seed": 0,
        "students": {
            name: {"label": f"student {name}", "tier": tier}
            for tier, name in enumerate((*students, *references), 1)
        },
        "references": list(references),
        "judges": list(JUDGES),
        "runs": [dict(zip(("student", "run", "recipe", "seed"), run, strict=True)) for run in runs],
    }
    template = TEMPLATE_PATH.read_text(encoding="utf-8")
    return Browsed(
        tasks, skills, episodes, verdicts, check(pl.concat(scores), SCORES, "made"), template, spec
    )


def _tasks(n_tasks: int, suites: tuple[str, ...]) -> pl.DataFrame:
    rows = [
        {
            "task_id": f"{suite}-{index:04d}",
            "skill_id": f"skill-{index % 3}",
            "suite": suite,
            "prompt": f"What comes after {index}?",
            "reference": str(index + 1),
            "scorer": "judge" if index % 6 == 5 else "answer_line",
            "answer_type": "number",
            "worked_solution": None,
        }
        for suite in suites
        for index in range(n_tasks)
    ]
    return check(pl.DataFrame(rows, schema_overrides={"worked_solution": pl.String}), TASKS, "made")


def _skills() -> pl.DataFrame:
    rows = [
        {
            "skill_id": f"skill-{place}",
            "name": f"skill {place}",
            "domain": "made",
            "steps": [f"Step {step}: {WORDS[5 * place + step]} it." for step in range(1, 6)],
        }
        for place in range(4)
    ]
    return check(pl.DataFrame(rows), SKILLS, "made")


def _episodes(generator, tasks, steps, conditions, samples, words) -> pl.DataFrame:
    keys = [
        (step, suite, condition, task_id, sample, reference)
        for step in steps
        for condition in conditions
        for task_id, suite, reference in tasks.select("task_id", "suite", "reference").iter_rows()
        for sample in range(samples)
    ]
    drawn = generator.integers(0, len(WORDS), (len(keys), words))
    right = generator.random(len(keys)) < 0.5
    texts = [
        f"{' '.join(WORDS[word] for word in row)}\nANSWER: {key[-1] if good else 'none'}"
        for row, key, good in zip(drawn, keys, right, strict=True)
    ]
    frame = pl.DataFrame([key[:-1] for key in keys], schema=list(EPISODE_KEY), orient="row").with_columns(
        engine=pl.lit("vllm"),
        prompt_sha256=pl.lit("0" * 64),
        response=pl.Series(texts),
        finish_reason=pl.lit("stop"),
        prompt_tokens=pl.lit(10, pl.Int64),
        completion_tokens=pl.lit(words + 2, pl.Int64),
    )
    return check(frame.sort(EPISODE_KEY), EPISODES, "made")


def _verdicts(generator, episodes: pl.DataFrame, judge: str) -> pl.DataFrame:
    """Right answers pass but for one in ten, and one in fifty has no verdict."""
    odd = pl.Series(generator.random(episodes.height) < 0.1)
    lost = pl.Series(generator.random(episodes.height) < (0.0 if judge == "bench" else 0.02))
    passed = ~episodes["response"].str.ends_with("none") ^ odd
    reply = f'{{"conclusion": "{judge}", "passed": '
    frame = episodes.select(EPISODE_KEY).with_columns(
        passed=pl.when(~lost).then(passed),
        status=pl.when(lost).then(pl.lit("unparsed")).otherwise(pl.lit("scored")),
        raw=pl.when(lost)
        .then(pl.lit("I cannot say."))
        .otherwise(pl.concat_str(pl.lit(reply), passed, pl.lit("}"))),
        prompt_tokens=pl.lit(0, pl.Int64),
        completion_tokens=pl.lit(0, pl.Int64),
        cost_usd=pl.lit(0.0),
        template_sha256=pl.lit("0" * 64),
    )
    return check(frame, VERDICTS, "made")


def _scores(verdicts: pl.DataFrame, path: str, student: str, run: str) -> pl.DataFrame:
    labels = {"path": pl.lit(path), "student": pl.lit(student), "run": pl.lit(run)}
    return verdicts.with_columns(**labels).select(list(SCORES.columns))
