"""The reference page is made from the schemas, and the committed page is the one that they make."""

from __future__ import annotations

import yaml
from document_study import PAGE, main

from skillift.study.reference import reference_page


def test_the_committed_page_is_the_one_that_the_schemas_make(tmp_path):
    main(["--out", str(tmp_path / "page.md")])
    made = (tmp_path / "page.md").read_text(encoding="utf-8")
    fix = "run: python workflow_scripts/document_study.py"
    assert PAGE.read_text(encoding="utf-8") == made, fix


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
