"""Write the reference page of all keys of study files and config.yaml from their schemas.

python workflow_scripts/document_study.py --out docs/study-reference.md
"""

from __future__ import annotations

import argparse
from pathlib import Path

from skillift.commands import run
from skillift.study.reference import reference_page
from skillift.tables import atomic_path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "study-reference.md"


def main(argv: list[str] | None = None) -> None:
    """Make the page and write it.

    Raises:
        UserError: the file cannot be written.
    """
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--out", default=PAGE, type=Path, help="page to write (default: the repository's)")
    options = arguments.parse_args(argv)
    with atomic_path(options.out) as temporary:
        temporary.write_text(reference_page(), encoding="utf-8")


if __name__ == "__main__":
    run(main)
