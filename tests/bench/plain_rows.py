"""Training and generation of a random student with torch, transformers and peft alone: rows of `gpu.py`.

python tests/bench/plain_rows.py training --shapes 0.8B --steps 8
python tests/bench/plain_rows.py generation --shapes 0.8B

Sixteen sequences of 512 tokens a step, of which the last 128 are trained on, drawn at random: what a device
can do with the student, not what skillift makes of it. LoRA of rank 32 on all linear layers, AdamW, bfloat16
and gradient checkpointing on a GPU; on a CPU eight sequences of 64 tokens in float32. Tokens/s and memory are
of the steps alone, after two that are not counted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests/helpers"), str(REPOSITORY / "workflow_scripts")]

import flops  # noqa: E402
from stopwatch import peak_gib  # noqa: E402
from student_shapes import SHAPES, write_shaped_student  # noqa: E402

RANK = 32
WARM_UP = 2  # steps that are not counted
ON_GPU, ON_CPU = (16, 512, 128), (8, 64, 16)  # sequences, their tokens, those trained on or written


def training(folder: Path, steps: int) -> dict[str, float]:
    """Tokens/s, peak memory and, where the device's peak is known, model FLOPs utilisation."""
    import torch
    from peft import LoraConfig, get_peft_model

    gpu = torch.cuda.is_available()
    rows, length, trained = ON_GPU if gpu else ON_CPU
    model = get_peft_model(
        _model(folder, gpu),
        LoraConfig(task_type="CAUSAL_LM", r=RANK, lora_alpha=2 * RANK, target_modules="all-linear"),
    )
    if gpu:
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.train()
    optimiser = torch.optim.AdamW([part for part in model.parameters() if part.requires_grad], lr=2e-4)
    ids = torch.randint(0, model.config.vocab_size, (rows, length), device=model.device)
    labels = ids.clone()
    labels[:, : length - trained] = -100
    began = 0.0
    for step in range(WARM_UP + steps):
        if step == WARM_UP:
            began = _now(gpu)
        for part in range(0, rows, 4):  # four sequences at once
            here = slice(part, part + 4)
            (model(input_ids=ids[here], labels=labels[here]).loss * 4 / rows).backward()
        optimiser.step()
        optimiser.zero_grad()
    seconds = _now(gpu) - began
    found = {
        "training tokens/s": rows * length * steps / seconds,
        "peak memory, GiB": peak_gib(),
    }
    if peak := flops.peak_flops():
        lora = {"lora": {"rank": RANK}}
        needed = steps * flops.model_flops(folder, [length] * rows, [trained] * rows, lora)
        found["model FLOPs utilisation"] = needed / seconds / peak
    return found


def generation(folder: Path, _: int) -> dict[str, float]:
    """Tokens/s of greedy answers, all sequences at once, and peak memory."""
    import torch

    gpu = torch.cuda.is_available()
    rows, length, written = ON_GPU if gpu else ON_CPU
    model = _model(folder, gpu).eval()
    ids = torch.randint(0, model.config.vocab_size, (rows, length - written), device=model.device)
    tokens = {"min_new_tokens": written, "max_new_tokens": written, "do_sample": False, "pad_token_id": 0}
    with torch.no_grad():
        model.generate(ids, attention_mask=torch.ones_like(ids), **tokens)
        began = _now(gpu)
        model.generate(ids, attention_mask=torch.ones_like(ids), **tokens)
    seconds = _now(gpu) - began
    return {
        "tokens/s": rows * written / seconds,
        "peak memory, GiB": peak_gib(),
    }


def _model(folder: Path, gpu: bool):
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16 if gpu else torch.float32)
    return model.to("cuda" if gpu else "cpu")


def _now(gpu: bool) -> float:
    import torch

    if gpu:
        torch.cuda.synchronize()
    return time.perf_counter()


def main() -> None:
    """Measure each shape, print its rows; they stand in the column of bare scripts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", choices=("training", "generation"))
    parser.add_argument("--shapes", nargs="+", choices=list(SHAPES), default=["tiny"])
    parser.add_argument("--steps", type=int, default=8, help="measured steps of a training")
    options = parser.parse_args()
    measure = {"training": training, "generation": generation}[options.work]
    for shape in options.shapes:
        with tempfile.TemporaryDirectory(prefix="skillift-bench-") as text:
            found = measure(write_shaped_student(shape, Path(text, "model")), options.steps)
        for name, value in found.items():
            where = f"| {flops.device()}, {date.today()} | {shape}"
            print(f"{where} | transformers alone: {name} | | {value:.4g} | |", flush=True)


if __name__ == "__main__":
    main()
