"""Export a finished study's answers and scores as a folder that the Hugging Face library `datasets` loads.

    python workflow_scripts/cards/export_results.py --study studies/embedded.yaml --out embedded-results

Writes `data/` (tasks, episodes of all runs, scores), `effects.csv`, `data_dictionary.md` and a card,
`README.md`. No rule calls this. Answers are in it in full, and the tasks with their references: look before
you publish them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.cards.results import data_dictionary, results_card
from skillift.commands import run
from skillift.contracts.analysis import EFFECTS
from skillift.contracts.pipeline import EPISODES, SCORES, TASKS
from skillift.running.project_settings import add_options, settings
from skillift.tables import atomic_path, read_table
from skillift.tasks.suites import files_of_suites, read_suites

CARD = Path(__file__).resolve().parents[1] / "assets/cards/results.md.jinja"


def main(argv: list[str] | None = None) -> None:
    """Read the study's tables, write the folder.

    Raises:
        UserError: the study is wrong or not finished, or the folder cannot be written.
    """
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(arguments)
    arguments.add_argument("--out", type=Path, required=True, help="folder to write")
    options = arguments.parse_args(argv)
    found = settings(options.study, options.directory)
    results, spec = Path(found.results), found.study.figures_spec()
    episodes = [
        read_table(results / f"episodes/{student}/{run_id}.parquet", EPISODES).select(
            pl.lit(student).alias("student"), pl.lit(run_id).alias("run"), pl.all()
        )
        for student, run_id in ((each.student, each.run) for each in spec.runs)
    ]
    tables = {
        "tasks": read_suites(files_of_suites(results, "tasks"), TASKS),
        "episodes": pl.concat(episodes),
        "scores": read_table(results / "scores.parquet", SCORES),
        "effects": read_table(results / "analysis/effects.parquet", EFFECTS),
    }
    study = {
        "name": found.study.name,
        "description": found.study.data.get("description", ""),
        "path": spec.analysis.headline_path,
    }
    for suite in found.study.data.get("withheld", []):
        tables |= {
            name: tables[name].filter(pl.col("suite") != suite) for name in ("tasks", "episodes", "scores")
        }
    for name in ("tasks", "episodes", "scores"):
        with atomic_path(options.out / f"data/{name}.parquet") as temporary:
            tables[name].write_parquet(temporary)
    texts = {
        "effects.csv": tables["effects"].write_csv(),
        "data_dictionary.md": data_dictionary(tables),
        "README.md": results_card(CARD.read_text(encoding="utf-8"), tables, study),
    }
    for name, text in texts.items():
        with atomic_path(options.out / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    print(f"Exported {study['name']} to {options.out}")


if __name__ == "__main__":
    run(main)
