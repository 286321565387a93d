"""Each condition of what the findings say is needed: without it the referee finds a sentence that is false.

Conditions are removed one at a time, in memory (`referee.conditions`). Those without which every sentence
stays as it is are listed with the reason.
"""

from __future__ import annotations

import pytest
from referee import WRITERS
from referee.conditions import guards, survives
from referee.sentences import SENTENCES

pytestmark = [pytest.mark.nightly, pytest.mark.xdist_group("referee")]

# module and function, what may go, and why nothing comes of it
NEEDLESS = {
    (
        "findings.closing_lines",
        "_line",
        "`text is None` is False",
    ): "cuts what is too wide: test_closing_lines",
    (
        "findings.findings_page",
        "_blocks",
        "every one, not `finding.claim != 'warning'`",
    ): "a warning at the top of the page would stand on it a second time",
    (
        "findings.findings_page",
        "_blocks",
        "`kind[0] in leads` is False",
    ): "puts what stands open before what is folded; a sentence is looked for wherever it stands",
    (
        "findings.findings_page",
        "_blocks",
        "every one, not `claim not in _FOLDED and _tells(found)`",
    ): "folds what says little: test_what_says_little_stands_folded_behind_what_says_more",
    (
        "findings.findings_page",
        "_owners",
        "every one, not `any((each.figure == name for each in found))`",
    ): "puts figures in their places, too",
    **{
        ("findings.findings_page", "_blocks", f"every one, not `{test}`"): (
            "puts figures in their places: test_figures_stand_once_in_the_order_of_the_argument_each_under_"
            "its_question; the referee's pages have none"
        )
        for test in (
            "owner is None",
            "owner == claim",
            "BESIDE_FINDINGS.get(name) == part.question",
            "any((numbers[n] > numbers[name] for n in block.figures))",
        )
    },
}


@pytest.mark.parametrize("module", WRITERS)
def test_without_a_condition_a_sentence_is_false(module):
    survivors = (each for each in guards(module) if survives(each, (*SENTENCES,)))
    left = {(each.module, each.function, each.change) for each in survivors}
    assert left == {place for place in NEEDLESS if place[0] == module}
