"""Write what is made from the code: the reference page, the schemas for editors, the list of figures.

python workflow_scripts/study/document_study.py --out docs/reference/study.md --schemas rules/schemas \
    --figures docs/reference/figures-and-tables.md
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import run
from skillift.findings.figure_list import with_figures
from skillift.publication.html_parts import read_part
from skillift.settings.config import Config
from skillift.settings.json_schema import json_schema
from skillift.settings.study_file import StudyFile
from skillift.study.reference import reference_page
from skillift.tables import atomic_path

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "reference" / "study.md"
SCHEMAS = REPOSITORY / "rules" / "schemas"
FIGURES = REPOSITORY / "docs" / "reference" / "figures-and-tables.md"
CAPTIONS = REPOSITORY / "rules" / "captions"


def main(argv: list[str] | None = None) -> None:
    """Make the pages and the schemas and write them.

    Raises:
        UserError: a file cannot be read or written.
    """
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = arguments.add_argument
    add("--out", default=PAGE, type=Path, help="page to write (default: the repository's)")
    add("--schemas", default=SCHEMAS, type=Path, help="folder of the schemas (default: the repository's)")
    add(
        "--figures",
        default=FIGURES,
        type=Path,
        help="page with the list of figures (default: the repository's)",
    )
    options = arguments.parse_args(argv)
    figures = with_figures(read_part(options.figures), CAPTIONS, options.figures.name)
    texts = {options.out: reference_page(), options.figures: figures}
    for name, model in {"study": StudyFile, "config": Config}.items():
        schema = json.dumps(json_schema(model), indent=2, ensure_ascii=False)
        texts[options.schemas / f"{name}.schema.json"] = schema + "\n"
    for path, text in texts.items():
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main)
