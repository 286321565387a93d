"""Generation beside a bare engine call on the same prompts, with random students or a real one.

python tests/bench/generation.py                        # on a CPU: a tiny student
python tests/bench/generation.py --model results/mine/students/smollm2/model --threads 2 --max-tokens 256
python tests/bench/generation.py --shapes 0.8B 2B 4B    # on a GPU: Qwen3.5's shapes, in bfloat16

The prompts are those of the built-in task pack at standard difficulty. Prints a row of
docs/explanation/benchmarks.md for each measure; the target is 0.97 of the bare engine's tokens/s.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from datetime import date
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests/helpers"), str(REPOSITORY / "workflow_scripts")]

import against_bare  # noqa: E402
from flops import device  # noqa: E402
from student_shapes import SHAPES, write_shaped_student  # noqa: E402

ENGINE = {"max_num_seqs": 128, "kv_cache_gib": 1, "gpu_memory_utilization": 0.9}
INFERENCE = {
    "engine": "vllm",
    "thinking": False,
    "suites": ["holdout"],
    "samples": 1,
    "temperature": 0.0,
    "top_p": 1.0,
    "max_model_len": 2048,
    "adapters": "merged",
    "batch_invariant": False,
    "seed": 0,
}


def write_tables(folder: Path, tasks_per_skill: int) -> None:
    """The tables of tasks and skills that are asked."""
    from skillift.contracts.pipeline import SKILLS, TASKS
    from skillift.settings.tasks import TaskPack
    from skillift.tables import write_table
    from skillift.taskpack import build_pack

    per_skill = {"train": 1, "dev": 0, "holdout": tasks_per_skill}
    skills, tasks = build_pack(TaskPack(difficulty="standard", per_skill=per_skill))
    write_table(skills, folder / "skills.parquet", SKILLS)
    write_table(tasks, folder / "tasks.parquet", TASKS)


def main() -> None:
    """Measure each shape, print its rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", nargs="+", choices=list(SHAPES), default=["tiny"])
    parser.add_argument("--model", type=Path, help="a student's folder, in bfloat16, instead of shapes")
    parser.add_argument("--tasks-per-skill", type=int, default=5, help="of 40 skills, under two conditions")
    parser.add_argument("--max-tokens", type=int, default=128, help="most tokens of an answer")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of each process")
    parser.add_argument("--repeats", type=int, default=3, help="measured pairs")
    parser.add_argument("--cpu-time", action="store_true", help="seconds of the processor, not of the wall")
    options = parser.parse_args()
    if options.cpu_time:
        os.environ["STOPWATCH"] = "cpu"
    found = device()
    print("| device, date | student | measure | skillift | bare | ratio |\n|---|---|---|---|---|---|")
    for shape in [options.model.parent.name] if options.model else options.shapes:
        precision = "float32" if shape == "tiny" else "bfloat16"
        inference = {**INFERENCE, "precision": precision, "max_tokens": options.max_tokens}
        spec = {"conditions": ["none", "curated"], "prompt_seed": 0, "inference": inference}
        spec |= {"student": shape, "run": "base", "checkpoints": [0]}
        with tempfile.TemporaryDirectory(prefix="skillift-bench-") as text:
            folder = Path(text)
            write_tables(folder, options.tasks_per_skill)
            model = options.model or write_shaped_student(shape, folder / "model")
            rows, equal = against_bare.generation(
                folder, model, spec, ENGINE, folder, options.threads, options.repeats
            )
        for row in rows:
            values = f"{row.skillift:.4g} | {row.bare:.4g} | {row.ratio:.2f}"
            print(f"| {found}, {date.today()} | {shape} | vLLM: {row.measure} | {values} |", flush=True)
        print(f"| {found}, {date.today()} | {shape} | equal answers | {equal:.1%} | | |", flush=True)


if __name__ == "__main__":
    main()
