"""Which weights answer: merged or a base model's with an adapter, of one model or composed of three."""

from __future__ import annotations

import sys
from pathlib import Path

from skillift.engines.interface import Composition
from skillift.errors import UserError, problem
from skillift.settings.specs import AnsweringSpec, EmulatedSpec
from skillift.students.model_folders import ADAPTER

ADAPTER_WARNING = (
    "warning: `inference: adapters: lora` applies adapters while serving. vLLM has been seen to ignore them "
    "without a word on text-only Qwen3.5 (vllm issue 49354), and greedy decoding with them was not "
    "deterministic on hybrid models (56769); the check of what is served catches the first."
)


def served_weights(folder: Path, base: Path | None, inference: AnsweringSpec) -> tuple[Path, Path | None]:
    """The folder of weights that is served, and the adapter that is applied to it, if one is.

    Args:
        folder: of a checkpoint.
        base: of its base model.
        inference: the study's.

    Raises:
        UserError: there is an adapter to apply, and no base model.
    """
    adapter = folder / ADAPTER
    if inference.adapters in (None, "merged") or not adapter.is_dir():
        return folder, None
    if base is None:
        raise UserError(problem(f"{folder}", "no base model", "one to apply the adapter to"))
    print(ADAPTER_WARNING, file=sys.stderr)
    return base, adapter


def composed(
    checkpoints: dict[int, Path], model: Path, small: Path | None, emulated: EmulatedSpec | None
) -> tuple[dict[int, Path], Composition | None]:
    """The model folders that answer by step, and of an emulated run what their scores are composed with.

    Args:
        checkpoints: the run's by step; of an emulated run the one of the training that it borrows.
        model: folder of the base student.
        small: folder of the base student of the training that is borrowed.
        emulated: of the run's spec.

    Raises:
        UserError: one of the last two without the other.
    """
    if (small is None) != (emulated is None):
        expected = "the base student (--small) exactly where the key `emulated` names its run"
        raise UserError(problem("--spec, key emulated", emulated, expected))
    if small is None or emulated is None:
        return checkpoints, None
    ((step, tuned),) = checkpoints.items()
    return {step: model}, Composition(tuned, small, emulated.weight)
