"""A study ends in six lines that a terminal does not break."""

from __future__ import annotations

import copy

import pytest
from analysis_tables import full_study, make_certification, smoke_study
from degenerate_studies import SPEC as DEGENERATE
from degenerate_studies import analysis
from findings_tables import SPEC, tables_of
from made_specs import viewed

from skillift.findings import findings
from skillift.findings.closing_lines import closing_lines

pytestmark = pytest.mark.xdist_group("degenerate studies")  # analysed once for them all


def lines_of(study) -> list[str]:
    spec, tables = study
    return closing_lines(findings(tables, viewed(spec)), "results/x/findings.html")


def test_each_question_has_a_line_with_its_words_and_the_last_says_where_to_look():
    spec, tables = full_study()
    lines = lines_of((spec, tables))
    assert [line[:20].strip() for line in lines] == [
        *("Lift resolved", "Same at every tier", "Judge to blame", "Procedure itself", "Predictions"),
        "Look at",
    ]
    lifts = tables["claims"].filter(path="judge:conclusion", claim="lift")
    for word, number in lifts["word"].value_counts().iter_rows():
        assert f"{number} {word}".removesuffix(" at this n") in lines[0]
    assert f"{100 * lifts['estimate'].max():+.1f} pp" in lines[0]


@pytest.mark.slow
def test_no_line_is_wider_than_a_terminal_whatever_the_names():
    spec, tables = copy.deepcopy(full_study())
    for number, student in enumerate(spec["students"].values()):
        student["label"] = f"SmolLM2-1700M-Instruct-{number}"
    cases = ("all fail", "all unscored", "base models alone", "one training", "sound")
    made = [
        (DEGENERATE, {**analysis(case)._asdict(), "certification": make_certification()}) for case in cases
    ]
    for study in ((spec, tables), smoke_study(), (SPEC, tables_of()), *made):
        lines = lines_of(study)
        assert len(lines) == 6
        assert all(len(line) <= 80 and "\n" not in line for line in lines)
        assert not any(line.endswith("...") for line in lines)


def test_a_study_without_a_training_tells_its_deltas():
    spec = SPEC | {"runs": SPEC["runs"][:2]}
    first = lines_of((spec, tables_of(runs={"base": (40, 46)})))[0]
    assert "deltas: " in first and first.endswith("+3.0 pp")
