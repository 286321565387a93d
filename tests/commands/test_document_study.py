"""The pages of the reference, the lists in other pages and the schemas are those that the code makes."""

from __future__ import annotations

import re
from shutil import copy

import pytest
import yaml

from skillift.contracts import pa, pipeline
from skillift.contracts.analysis import ANALYSIS_TABLES
from skillift.contracts.columns import BY_PROTOCOL
from skillift.errors import UserError
from skillift.findings.figure_list import BEGIN, END, with_figures
from skillift.protocols import PROTOCOL
from skillift.study.code_map import code_page, first_sentence, with_packages
from skillift.study.commands_page import command_files
from skillift.study.reference import reference_page
from study.document_study import CONTRIBUTING, DOCS, FIGURES, SCHEMAS, WORDS, main

MADE = ("study", "commands", "contracts", "code")
PAGES = (*(f"reference/{name}.md" for name in MADE), FIGURES, WORDS)


def test_the_committed_pages_and_schemas_are_those_that_the_code_makes(tmp_path):
    for name in (FIGURES, WORDS):
        (tmp_path / name).parent.mkdir()
        copy(DOCS / name, tmp_path / name)
    contributing = copy(CONTRIBUTING, tmp_path)
    main(["--docs", str(tmp_path), "--schemas", str(tmp_path), "--contributing", contributing])
    schemas = [f"{name}.schema.json" for name in ("config", "study")]
    assert sorted(path.name for path in SCHEMAS.iterdir()) == schemas
    for folder, names in ((DOCS, PAGES), (SCHEMAS, schemas), (CONTRIBUTING.parent, [CONTRIBUTING.name])):
        for name in names:
            fix = f"{name}: run: python workflow_scripts/study/document_study.py"
            assert (folder / name).read_text("utf-8") == (tmp_path / name).read_text("utf-8"), fix


def test_every_option_of_every_command_is_on_the_page(repository):
    page = (DOCS / "reference/commands.md").read_text(encoding="utf-8")
    parts = dict(part.split("`\n", 1) for part in page.split("\n### `")[1:])
    commands = command_files(repository / "workflow_scripts")
    assert {path.name for path in commands} == parts.keys() and len(commands) > 40
    for path in commands:
        for option in re.findall(r"add\(\s*\"(--[a-z-]+)\"", path.read_text(encoding="utf-8")):
            assert f"`{option}`" in parts[path.name], (path.name, option)


def test_every_module_of_the_library_is_on_the_map_with_what_it_is_for(repository):
    library = repository / "workflow_scripts" / "skillift"
    page = code_page(repository)
    for path in library.glob("**/*.py"):
        if path.name != "__init__.py":
            of_folder = (
                page.split(f"\n### {path.parent.relative_to(library)}\n")[-1]
                if path.parent != library
                else page
            )
            assert f"| `{path.name}` | {first_sentence(path)[:20]}" in of_folder.replace("\\|", "|"), path
    assert "| `generate`" not in page and "| `episodes.smk` | Episodes: one job answers" in page


def test_a_file_that_does_not_say_what_it_is_for_is_named(tmp_path):
    path = tmp_path / "workflow_scripts" / "skillift" / "mute.py"
    path.parent.mkdir(parents=True)
    (path.parent / "__init__.py").write_text('"""The library."""')
    path.write_text("x = 1")
    with pytest.raises(UserError, match=r"mute\.py: found 'no docstring', expected one sentence"):
        code_page(tmp_path)
    with pytest.raises(UserError, match=r"page\.md: found 'not both of them once'"):
        with_packages("", tmp_path, "page.md")


def test_every_table_that_a_contract_is_for_is_on_the_page_with_its_columns():
    page = (DOCS / "reference/contracts.md").read_text(encoding="utf-8")
    for schema in (*vars(pipeline).values(), *ANALYSIS_TABLES.values()):
        if isinstance(schema, pa.DataFrameSchema):
            part = page.split(f"\n### {schema.name}\n")[1].split("\n### ")[0]
            protocol = [PROTOCOL] if (schema.metadata or {}).get(BY_PROTOCOL) else []
            assert re.findall(r"(?m)^\| `(\w+)`", part) == [*protocol, *schema.columns], schema.name


def test_every_key_of_the_embedded_study_is_on_the_page(repository):
    page = reference_page()
    study = yaml.safe_load((repository / "studies" / "embedded.yaml").read_text(encoding="utf-8"))
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    by_id = ("students", "corpora", "recipes", "judges", "predictions")

    def keys(value, place):
        for name, item in value.items():
            key = f"{place}.{name}" if place else name
            key = f"{place}.<id>" if place in by_id else key
            if place not in by_id:
                yield key
            if isinstance(item, dict):
                yield from keys(item, key)

    for key in [*keys(study, ""), *keys(config, "")]:
        assert f"| `{key}` |" in page, key


def test_every_row_of_the_page_has_four_cells_and_a_meaning():
    rows = [line for line in reference_page().splitlines() if line.startswith("| `")]
    assert len(rows) > 90
    for row in rows:
        cells = row.strip("| ").split(" | ")
        assert len(cells) == 4, row
        assert len(cells[3]) > 10, row


@pytest.mark.parametrize("page", ["", BEGIN, END, BEGIN + BEGIN + END])
def test_a_page_without_a_place_for_its_list_of_figures_is_refused(page, repository):
    with pytest.raises(UserError, match=r"page\.md: found 'not both of them once', expected the lines"):
        with_figures(page, repository / "rules/captions", "page.md")
