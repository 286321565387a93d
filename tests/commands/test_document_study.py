"""The reference page and the schemas are those that the models of settings make."""

from __future__ import annotations

from pathlib import Path
from shutil import copy

import pytest
import yaml

from skillift.errors import UserError
from skillift.findings.figure_list import BEGIN, END, with_figures
from skillift.study.reference import reference_page
from study.document_study import FIGURES, PAGE, SCHEMAS, main


def test_the_committed_page_and_schemas_are_those_that_the_models_make(tmp_path):
    figures = Path(copy(FIGURES, tmp_path))
    main(["--out", str(tmp_path / "page.md"), "--schemas", str(tmp_path), "--figures", str(figures)])
    made = [PAGE, FIGURES, *(SCHEMAS / f"{name}.schema.json" for name in ("study", "config"))]
    assert sorted(path.name for path in SCHEMAS.iterdir()) == sorted(path.name for path in made[2:])
    for path in made:
        new = tmp_path / (path.name if path != PAGE else "page.md")
        fix = "run: python workflow_scripts/study/document_study.py"
        assert path.read_text(encoding="utf-8") == new.read_text(encoding="utf-8"), fix


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
