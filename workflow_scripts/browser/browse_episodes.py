r"""Write the episode browser: all episodes of a study in one HTML page, to be read beside each other.

    python workflow_scripts/browser/browse_episodes.py \
        --spec '{"name": "embedded", "headline_path": "judge:conclusion", "prompt_seed": 0,
        "judges": ["conclusion"], "students": {"s": {"label": "46 k", "tier": 1}}, "references": [],
        "runs": [{"student": "s", "run": "base", "recipe": null, "seed": null}]}' \
        --tasks results/embedded/tasks/holdout.parquet --skills results/embedded/skills/holdout.parquet \
        --episodes 'results/embedded/episodes/{student}/{run}.parquet' \
        --verdicts 'results/embedded/verdicts/{judge}/{student}/{run}.parquet' \
        --scores results/embedded/scores.parquet --task-template workflow_scripts/assets/prompts/task.jinja \
        --page workflow_scripts/assets/browser/page.html --style workflow_scripts/assets/browser/page.css \
        --scripts workflow_scripts/assets/browser/{data,cases,search,list,detail,link,main}.js \
        --out results/embedded/episodes.html
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.browser.browser_data import browser_data
from skillift.browser.browser_page import browser_page
from skillift.commands import parser, run
from skillift.contracts.pipeline import EPISODES, SCORES, SKILLS, TASKS, VERDICTS
from skillift.path_patterns import path_pattern
from skillift.publication.html_parts import read_part
from skillift.settings.publication_specs import BrowserSpec
from skillift.tables import atomic_path, read_each, read_table
from skillift.tasks.suites import read_suites


def main(argv: list[str] | None = None) -> None:
    """Read the tables and the page's parts, write the page."""
    arguments = parser(__doc__, BrowserSpec)
    for option, names in (("episodes", ("student", "run")), ("verdicts", ("judge", "student", "run"))):
        arguments.add_argument(
            f"--{option}", type=path_pattern(*names), required=True, help=f"path pattern of the {option}"
        )
    for name in ("tasks", "skills"):
        arguments.add_argument(
            f"--{name}", nargs="+", type=Path, required=True, help=f"table of {name} of each suite"
        )
    arguments.add_argument("--scores", type=Path, required=True, help="table of scores")
    arguments.add_argument("--task-template", type=Path, required=True, help="template of the user message")
    arguments.add_argument("--page", type=Path, required=True, help="template of the page")
    arguments.add_argument("--style", type=Path, required=True, help="the page's style sheet")
    arguments.add_argument("--scripts", type=Path, nargs="+", required=True, help="its scripts, in order")
    arguments.add_argument("--out", type=Path, required=True, help="the page to write")
    options = arguments.parse_args(argv)

    runs = [run.names for run in options.spec.runs]
    judged = [{"judge": judge, **run} for judge in options.spec.judges for run in runs]
    data = browser_data(
        read_suites(options.tasks, TASKS),
        read_suites(options.skills, SKILLS),
        read_each(options.episodes, runs, EPISODES),
        read_each(options.verdicts, judged, VERDICTS),
        read_table(options.scores, SCORES),
        read_part(options.task_template),
        options.spec,
    )
    scripts = [read_part(path) for path in options.scripts]
    html = browser_page(data, read_part(options.page), read_part(options.style), scripts)
    with atomic_path(options.out) as temporary:
        temporary.write_text(html, encoding="utf-8")


if __name__ == "__main__":
    run(main)
