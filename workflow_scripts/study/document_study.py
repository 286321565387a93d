"""Write what is made from the code: pages of docs/, lists in others, and the schemas for editors.

python workflow_scripts/study/document_study.py

Made whole are docs/reference/study.md, commands.md, contracts.md and code.md. Within other pages lists are
made: of figures (docs/reference/figures-and-tables.md), of words (docs/explanation/words.md) and of
the packages of the library (CONTRIBUTING.md).

No rule calls this.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import run
from skillift.contracts.contracts_page import contracts_page
from skillift.findings.figure_list import with_figures
from skillift.findings.word_list import with_words
from skillift.publication.html_parts import read_part
from skillift.settings.config import Config
from skillift.settings.json_schema import json_schema
from skillift.settings.study_file import StudyFile
from skillift.study.code_map import code_page, with_packages
from skillift.study.commands_page import commands_page
from skillift.study.reference import reference_page
from skillift.tables import atomic_path

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS = REPOSITORY / "workflow_scripts"
DOCS = REPOSITORY / "docs"
SCHEMAS = REPOSITORY / "rules" / "schemas"
FIGURES = "reference/figures-and-tables.md"
WORDS = "explanation/words.md"
CAPTIONS = REPOSITORY / "rules" / "captions"
CONTRIBUTING = REPOSITORY / "CONTRIBUTING.md"


def main(argv: list[str] | None = None) -> None:
    """Make the pages and the schemas and write them.

    Raises:
        UserError: a file cannot be read or written.
    """
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = arguments.add_argument
    add("--docs", default=DOCS, type=Path, help="folder of the pages; figures and words must be there")
    add("--contributing", default=CONTRIBUTING, type=Path, help="page with the packages; must be there")
    add("--schemas", default=SCHEMAS, type=Path, help="folder of the schemas")
    options = arguments.parse_args(argv)
    pages = {
        "reference/study.md": reference_page(),
        "reference/commands.md": commands_page(SCRIPTS),
        "reference/contracts.md": contracts_page(),
        "reference/code.md": code_page(REPOSITORY),
        FIGURES: with_figures(read_part(options.docs / FIGURES), CAPTIONS, FIGURES),
        WORDS: with_words(read_part(options.docs / WORDS), WORDS),
    }
    texts = {options.docs / name: text for name, text in pages.items()}
    page = options.contributing
    texts[page] = with_packages(read_part(page), REPOSITORY, page.name)
    for name, model in {"study": StudyFile, "config": Config}.items():
        schema = json.dumps(json_schema(model), indent=2, ensure_ascii=False)
        texts[options.schemas / f"{name}.schema.json"] = schema + "\n"
    for path, text in texts.items():
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main)
