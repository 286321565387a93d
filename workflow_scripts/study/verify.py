"""Check that a study's results, and what they were made from, are what their manifests say.

    python workflow_scripts/study/verify.py --study studies/embedded.yaml

No rule calls this: it is what `make verify` calls. It reads every result and computes its digest again. Ends
with status 1 and one line for each file that was altered, is missing, was made from other inputs than are
there now, or has no manifest. The study is the one that config.yaml names where `--study` is left out;
results stand below the project's folder, or that of `--directory`.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import run
from skillift.running.project_settings import add_options, settings
from skillift.running.verification import check_results


def main(argv: list[str] | None = None) -> None:
    """Check the results and print what does not match.

    Raises:
        UserError: the configuration or the study is wrong, or the study has no results.
    """
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(arguments)
    options = arguments.parse_args(argv)
    found = settings(options.study, options.directory)
    os.chdir(found.folder)  # manifests name files as they are seen from there
    results = Path(found.config["results"], found.study.name)
    asked = {f"{results}/runs/{run.student}/{run.run}/checkpoints" for run in found.study.trained_runs}
    deleted = asked if not found.config["keep_checkpoints"] else set()
    check = check_results(results, deleted.__contains__)
    for line in check.problems:
        print(line)
    if check.problems:
        sys.exit(1)
    print(f"{check.n_files} results of {check.n_manifests} jobs match their manifests.")


if __name__ == "__main__":
    run(main)
