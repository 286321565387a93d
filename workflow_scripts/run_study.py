"""Run a study to its report with Snakemake, and say what it found.

python workflow_scripts/run_study.py --study studies/embedded.yaml --cores 2

No rule calls this: it is what `make demo` and `make study` call. Unknown options go to Snakemake,
so `--dry-run` or `--forceall` work. It reads config.yaml and writes what Snakemake writes:
`results/<study>/` with `report.html`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from skillift.commands import run
from skillift.errors import UserError, problem
from skillift.findings import findings, headline
from skillift.publication.inputs import read_inputs
from skillift.publication.registry import FINDINGS, OPTIONAL
from skillift.study.study import Study, load_config, load_study

REPOSITORY = Path(__file__).resolve().parents[1]


def main(argv: list[str] | None = None) -> None:
    """Run Snakemake and print the study's headlines and the place of its report.

    Raises:
        UserError: the configuration or the study is wrong, or the study did not finish.
    """
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--study", help="study file (default: the one that config.yaml names)")
    arguments.add_argument("--cores", type=int, default=os.cpu_count(), help="cores to use (default: all)")
    options, others = arguments.parse_known_args(argv)
    os.chdir(REPOSITORY)
    config, study = settings(options.study)
    folder = Path(config["results"], study.name)
    report = folder / "report.html"
    command = [sys.executable, "-m", "snakemake", "--cores", str(options.cores), *others]
    command += ["--config", f"study={study.path}"]
    if not {"-n", "--dry-run", "--dryrun"}.intersection(others):
        folder.mkdir(parents=True, exist_ok=True)  # Snakemake asks for the report's folder
        command += ["--report", str(report), "--report-after-run"]
    if sys.stdout.isatty():
        command += ["--logger", "rich"]
    # rules call `python`: the one that runs this
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    # Snakemake, making the report, warns of a coroutine of its own once for each rule
    environment = {"PATH": path, "PYTHONWARNINGS": "ignore:coroutine:RuntimeWarning"}
    if subprocess.run(command, env=os.environ | environment, check=False).returncode:
        raise UserError(f"{study.path}: the study did not finish; Snakemake's messages above say why.")
    if "--report" in command:
        lines = [*headlines(folder, study), f"Report: {report.resolve()}"]
        print("\n" + "\n".join(lines))


def settings(study: str | None) -> tuple[dict, Study]:
    """The configuration and the study that it, or the command line, names.

    Raises:
        UserError: a file is missing or wrong.
    """
    import yaml

    try:
        config = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UserError(problem("config.yaml", str(error), "a YAML file")) from error
    config = load_config({**config, "study": study} if study else config)
    return config, load_study(config["study"])


def headlines(folder: Path, study: Study) -> list[str]:
    """Warnings, every lift with its word, and the answers to a referee's questions, from finished tables."""
    files = {
        name: folder / f"analysis/{name}.parquet" if name not in OPTIONAL or study.data[name] else None
        for name in FINDINGS
    }
    tables = read_inputs(FINDINGS, argparse.Namespace(**files), "findings")
    return headline(findings(tables, study.figures_spec()))


if __name__ == "__main__":
    run(main)
