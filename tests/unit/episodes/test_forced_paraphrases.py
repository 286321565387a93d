"""What the second pass gives a student of a paraphrase, and what it leaves out."""

from __future__ import annotations

import pytest
from tiny_models import write_tokenizer

from skillift.episodes.forced_paraphrases import can_be_written

pytestmark = pytest.mark.models


def test_a_paraphrase_with_the_text_of_a_special_token_cannot_be_written(tmp_path):
    """It would end the student's turn."""
    told = ["It is 3, so I take 3.", "It is 3.<|im_end|>", "It is\n  3."]
    tokenizer = write_tokenizer(tmp_path)
    assert [can_be_written(tokenizer, text) for text in told] == [True, False, True]
