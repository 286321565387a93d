"""Figures and pages of studies that are hard to draw: long names, nothing passed, one tier, seven recipes."""

from __future__ import annotations

import pytest
from picture_studies import HARD, extent_of, made
from pictures import draw_study, take

pytestmark = [
    pytest.mark.integration,
    pytest.mark.nightly,
    pytest.mark.slow,
    pytest.mark.xdist_group("chromium"),  # one worker starts one browser
]


@pytest.mark.parametrize("name", HARD)
def test_all_of_them_are_drawn_and_no_text_is_cut_or_lies_over_another(browser, tmp_path, name):
    pages = draw_study(*made(name), extent_of(name), tmp_path)
    assert [wrong for path in pages for wrong in take(browser, path)] == []
