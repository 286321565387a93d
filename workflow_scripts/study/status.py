"""Say what a study's run is at: which jobs are done, running, failed or waiting, and how far each is.

    python workflow_scripts/study/status.py --study studies/embedded.yaml

No rule calls this: it is what `make status` calls. It reads files alone, so it can be called at any time from
another terminal, or from another machine that sees the working folder, and changes nothing. The study is the
one that config.yaml names where `--study` is left out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import run
from skillift.running.project_settings import add_options, settings
from skillift.running.run_record import FILE, read_record
from skillift.running.status import status_lines


def main(argv: list[str] | None = None) -> None:
    """Print the state of the study's latest run.

    Raises:
        UserError: the configuration or the study is wrong, or the record of the run is.
    """
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(arguments, config=True)
    options = arguments.parse_args(argv)
    found = settings(options.study, options.directory, options.config, options.configfile)
    path = Path(found.folder, found.config["state"], found.study.name, FILE)
    record = read_record(path)
    if record is None:
        print(f"{found.study.name}: no run has begun in {found.folder} (there is no {path}).")
        return
    first, *others = status_lines(record, found.folder, state=path.parent)
    print("\n".join([f"{found.study.name}: {first}", *others]))


if __name__ == "__main__":
    run(main)
