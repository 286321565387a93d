"""Claims about the command `estimate_costs.py`, and about the page that was made with it."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from costs import estimate_costs
from skillift.errors import UserError


def test_the_pages_tables_are_what_its_commands_print(repository, capsys):
    page = (repository / "docs/how-to/costs.md").read_text(encoding="utf-8")
    pairs = re.findall(r"```sh\npython \S+([^`]*--judgments[^`]*)```\n\n((?:\|.*\n)+)", page)
    assert len(pairs) == 2
    for options, table in pairs:
        # a newer litellm may know other prices: then run the page's commands again
        estimate_costs.main(shlex.split(options.replace("\\\n", " ")))
        assert capsys.readouterr().out == table


def test_a_study_is_estimated_without_a_key_as_a_table_or_json(repository, capsys):
    study = ["--study", str(repository / "studies/smoke.yaml")]
    estimate_costs.main(study)
    assert "| verdicts: tail | offline/tail | 480 |" in capsys.readouterr().out
    estimate_costs.main([*study, "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert {row["stage"]: row["calls"] for row in rows}["verdicts: conclusion"] == 480


@pytest.mark.parametrize("judge", ["a/b=1", "a/b=1/x", "a/b=1/2/3"])
def test_a_price_of_another_form_is_named(judge, capsys):
    with pytest.raises(SystemExit):
        estimate_costs.main(["--judgments", "5", "--prompt-tokens", "9", "--judge", judge])
    assert f"found '{judge}', expected MODEL=INPUT/OUTPUT" in capsys.readouterr().err


def test_a_wrong_study_is_an_error_in_the_studys_words(tmp_path):
    (tmp_path / "mine.yaml").write_text("name: mine\n")
    with pytest.raises(UserError, match=r"mine\.yaml"):
        estimate_costs.main(["--study", str(tmp_path / "mine.yaml")])
