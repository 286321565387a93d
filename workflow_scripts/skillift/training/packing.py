"""Whether rows that lie end to end in one sequence are trained as if each stood alone.

Packing saves padding. It is right where attention ends at a row's first token and positions begin there;
models with a recurrent state have been seen to carry it from one row into the next. So the student itself is
asked, before its first step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from transformers import PreTrainedModel

from skillift.engines.probes import TOLERANCE, Probe, log_probabilities
from skillift.errors import UserError, problem

N_ROWS = 4
UNMOVED = 1e-5  # nats: the same kernels on the same shapes round the same way


def check_packing(
    model: PreTrainedModel,
    rows: Sequence[Mapping],
    pack: Callable[[list[Mapping]], dict],
    precision: str,
) -> None:
    """Compare the log-probabilities of packed rows with those of the rows apart, and with other neighbours.

    Args:
        model: the student.
        rows: tokenised rows (input_ids, labels); the first few are taken.
        pack: the trainer's collator.
        precision: that the student is trained in; decides what rounding explains.

    Raises:
        UserError: they differ, or a row's change with the tokens of the row before it.
    """
    rows = list(rows)[:N_ROWS]
    starts = [sum(label == -100 for label in row["labels"]) for row in rows]
    apart = log_probabilities(
        model, [Probe(r["input_ids"][:s], r["input_ids"][s:]) for r, s in zip(rows, starts, strict=True)]
    )
    together = _packed(model, rows, starts, pack)
    differences = [
        abs(a - b) for one, two in zip(apart, together, strict=True) for a, b in zip(one, two, strict=True)
    ]
    mean = sum(differences) / len(differences)
    others = [
        {"input_ids": ids[::-1], "labels": row["labels"]} if place == 0 else row
        for place, row in enumerate(rows)
        for ids in [list(row["input_ids"])]
    ]
    moved = [
        abs(a - b)
        for one, two in zip(together[1:], _packed(model, others, starts, pack)[1:], strict=True)
        for a, b in zip(one, two, strict=True)
    ]
    if mean > TOLERANCE[precision] or max(moved, default=0.0) > UNMOVED:
        raise UserError(
            problem(
                "recipe: packing",
                f"log-probabilities {mean:.3g} nats a token from those of the rows apart, and up to "
                f"{max(moved, default=0.0):.3g} from those after another row",
                f"at most {TOLERANCE[precision]:g} and {UNMOVED:g}",
                "Here this student carries one row into the next: set `packing: false`.",
            )
        )


def _packed(
    model: PreTrainedModel, rows: list[Mapping], starts: list[int], pack: Callable[[list[Mapping]], dict]
) -> list[list[float]]:
    """The log-probabilities of each row's response, of one packed batch; the model's mode stays as it is."""
    batch = {name: _on(model, value) for name, value in pack(rows).items() if name != "labels"}
    training = model.training
    model.eval()
    with torch.no_grad():
        scores = model(**batch, use_cache=False).logits[0].float().log_softmax(-1)
    model.train(training)
    found, begin = [], 0
    for row, start in zip(rows, starts, strict=True):
        end = begin + len(row["input_ids"])
        chosen = batch["input_ids"][0, begin + start : end, None]
        found.append(scores[begin + start - 1 : end - 1].gather(1, chosen)[:, 0].tolist())
        begin = end
    return found


def _on(model: PreTrainedModel, value: Any) -> Any:
    return value.to(model.device) if isinstance(value, torch.Tensor) else value
