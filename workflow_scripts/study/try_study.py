"""Try a study on a few tasks before the real run, and say what that would take.

    python workflow_scripts/study/try_study.py --study studies/mine.yaml --tasks 8 --cores 2

Every step of the study is run with its own models, conditions, judges and recipes, on a few tasks of a few
skills, one seed and a few optimiser steps, under the name `<study>-trial`: what does not work (keys,
templates, memory, end tokens, judges' replies) fails now. Nothing is written into the study's own results or
ledger. Then it prints minutes, memory, disk, calls and USD of the real run, from what was measured. The calls
of the trial cost what they cost.

No rule calls this: it is what `make try` calls. Unknown options go to Snakemake. It reads config.yaml and
writes `results/<study>-trial/`, and the trial's study file into `.skillift/<study>-trial/`.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import run
from skillift.running.project_settings import PROJECT, Settings, add_options, settings
from study import run_study


def main(argv: list[str] | None = None) -> None:
    """Write the trial's study file, run it, print the forecast.

    Ends with status 1 where the trial did not finish; Snakemake has said why by then.

    Raises:
        UserError: the configuration or the study is wrong.
    """
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(arguments, config=True)
    arguments.add_argument(
        "--tasks", type=_tasks, default=8, metavar="N", help="answered tasks of each suite (default: 8)"
    )
    arguments.add_argument("--cores", "-c", help="cores to use, a number or `all` (default: all)")
    options, others = arguments.parse_known_args(argv)

    from skillift.trial.derivation import trial_name, write_trial

    found = settings(options.study, options.directory, options.config, options.configfile)
    name = trial_name(found.study)
    place = Path(found.folder, found.config["state"], name).absolute()
    file = write_trial(found.study, options.tasks, place)
    trial = settings(str(file), options.directory, options.config, options.configfile)
    print(f"Trying {found.study.path} as the study {name}: {file}", flush=True)
    study = found.study_from_folder()
    if run_study.run_snakemake(trial, options.cores, None, others):
        print("\n" + "\n".join(_forecast_lines(found, study.path, trial, _cores(options.cores))))


def _forecast_lines(found: Settings, study: str, trial: Settings, cores: int) -> list[str]:
    """What the study would take; the current folder is the working folder."""
    from skillift.trial.forecast import forecast
    from skillift.trial.forecast_text import forecast_text
    from snakemake_inside.plan import read_plan

    words = ["--cores", str(cores), "--forceall"]
    if found.folder != PROJECT:
        words += ["--snakefile", str(PROJECT / "Snakefile")]
    if found.files:
        words += ["--configfile", *found.files]
    planned = read_plan([*words, "--config", *found.changes, f"study={study}"])
    results = Path(trial.config["results"], trial.study.name)
    return forecast_text(forecast(planned.plan, planned.study, trial.study, results, cores), results)


def _cores(declared: str | None) -> int:
    return int(declared) if declared and declared.isdecimal() else os.cpu_count() or 1


def _tasks(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number from 2")
    return int(text)


if __name__ == "__main__":
    run(main)
