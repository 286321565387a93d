"""What the loss is on: the table of it, and the batches that the trainer makes of the rows."""

from __future__ import annotations

import pytest
from tiny_models import write_student
from trainings import RECIPE, corpus_of, train

from skillift.contracts.training import TRAINED_TOKENS
from skillift.errors import UserError
from skillift.tables import check
from skillift.training.training_data import check_batch

pytestmark = pytest.mark.models

ROWS = [
    {"input_ids": [5, 6, 7, 8], "labels": [-100, -100, 7, 8]},
    {"input_ids": [5, 9], "labels": [-100, 9]},
]
PADDED = {
    "input_ids": [[5, 6, 7, 8], [5, 9, 0, 0]],
    "labels": [[-100, -100, 7, 8], [-100, 9, -100, -100]],
    "attention_mask": [[1, 1, 1, 1], [1, 1, 0, 0]],
}
PACKED = {"input_ids": [[5, 6, 7, 8, 5, 9]], "labels": [[-100, -100, 7, 8, -100, 9]]}


def tensors(batch: dict, name: str | None = None, value: list | None = None) -> dict:
    import torch

    changed = batch | ({name: [value, *batch[name][1:]]} if name else {})
    return {name: torch.tensor(values) for name, values in changed.items()}


@pytest.mark.parametrize(("batch", "packed"), [(PADDED, False), (PACKED, True)], ids=["padded", "packed"])
def test_rows_padded_or_packed_as_they_are_pass(batch, packed):
    assert check_batch(tensors(batch), ROWS, 0, packed) is None


@pytest.mark.parametrize(
    ("batch", "name", "value"),
    [
        (PADDED, "labels", [-100, 6, 7, 8]),
        (PADDED, "labels", [-100, -100, 7, -100]),
        (PADDED, "attention_mask", [1, 1, 1, 0]),
        (PADDED, "input_ids", [5, 6, 7, 9]),
        (PACKED, "labels", [-100, -100, 7, 8, 5, 9]),
    ],
    ids=["prompt", "no-end", "masked-end", "other-token", "first-of-a-packed-row"],
)
def test_a_batch_that_is_not_its_rows_is_told(batch, name, value):
    with pytest.raises(UserError, match=rf"training batch, row 0: {name}: found"):
        check_batch(tensors(batch, name, value), ROWS, 0, batch is PACKED)


def test_padding_under_the_loss_is_told():
    batch = tensors(PADDED)
    batch["labels"][1, 2] = 0
    with pytest.raises(UserError, match="training batch, row 1: labels"):
        check_batch(batch, ROWS, 0, False)


def test_the_table_says_what_each_demonstration_has_under_the_loss(tmp_path):
    student = write_student(tmp_path / "model")
    corpus = corpus_of([("2 + 2?", "Step 1: 2 2\nANSWER: 4"), ("é?", "ANSWER: ø")])
    folders = (tmp_path / "checkpoints", tmp_path / "state")
    found = check(
        train({**RECIPE, "epochs": 1}, student, corpus, *folders).trained_tokens, TRAINED_TOKENS, "table"
    )
    assert found["trained_text"].to_list() == ["Step 1: 2 2\nANSWER: 4<|im_end|>", "ANSWER: ø<|im_end|>"]
    # a token is a byte, and the end mark one more
    assert found["trained_tokens"].to_list() == [21 + 1, 10 + 1]
    assert set(found["end_token"]) != set(found["pad_token"])
    from skillift.students.model_folders import end_tokens, load_tokenizer

    tokenizer = load_tokenizer(student)
    assert [found["end_token"][0]] == end_tokens(student, tokenizer)
    assert found["pad_token"][0] == tokenizer.pad_token_id
