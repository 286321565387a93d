"""Check that a study's results, and what they were made from, are what their manifests say.

python workflow_scripts/verify.py --study studies/embedded.yaml

No rule calls this: it is what `make verify` calls. It reads every result and computes its digest anew. Ends
with status 1 and one line for each file that was altered, is missing, was made from other inputs than are
there now, or has no manifest. The study is the one that config.yaml names where `--study` is left out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from skillift.commands import run
from skillift.errors import UserError, problem
from skillift.running.verification import check_results


def main(argv: list[str] | None = None) -> None:
    """Check the results and print what does not match.

    Raises:
        UserError: the configuration or the study is wrong, or the study has no results.
    """
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--study", help="study file (default: the one that config.yaml names)")
    arguments.add_argument("--config", type=Path, default=Path("config.yaml"), help="how studies are run")
    options = arguments.parse_args(argv)
    check = check_results(results_of(options.study, options.config))
    for line in check.problems:
        print(line)
    if check.problems:
        sys.exit(1)
    print(f"{check.n_files} results of {check.n_manifests} jobs match their manifests.")


def results_of(study: str | None, config_file: Path) -> Path:
    """The folder of results of a study.

    Raises:
        UserError: a file is missing or wrong.
    """
    import yaml

    from skillift.study.study import load_config, load_study

    try:
        config = yaml.safe_load(config_file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UserError(problem(str(config_file), str(error), "a YAML file")) from error
    config = load_config({**config, "study": study} if study else config, str(config_file))
    return Path(config["results"], load_study(config["study"]).name)


if __name__ == "__main__":
    run(main)
