r"""Training beside a bare trl script on the same demonstrations, with random students or a real one.

python tests/bench/fine_tuning.py                        # on a CPU: a tiny student
python tests/bench/fine_tuning.py --model results/mine/students/smollm2/model --threads 2 --rows 48 \
    --device-batch-size 4 --precision float32
python tests/bench/fine_tuning.py --objective dpo        # preference pairs, each batch at once
python tests/bench/fine_tuning.py --shapes 0.8B 2B 4B    # on a GPU: Qwen3.5's shapes, in bfloat16

The demonstrations are worked answers of the built-in task pack at standard difficulty, under `curated`.
Prints a row of docs/explanation/benchmarks.md for each measure; the target is at least the bare script's
tokens/s. Model FLOPs utilisation: see flops.py. Of a student's folder it says, too, what memory the training
would declare to Snakemake on a CPU.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from datetime import date
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests/helpers"), str(REPOSITORY / "workflow_scripts")]

import against_bare  # noqa: E402
import polars as pl  # noqa: E402
from flops import device, model_flops, peak_flops  # noqa: E402
from student_shapes import SHAPES, write_shaped_student  # noqa: E402

RECIPE = {
    "objective": "sft",
    "trainable": {"lora": {"rank": 32, "alpha": 64, "dropout": 0.05}},
    "learning_rate": 2.0e-4,
    "epochs": 1,
    "batch_size": 16,
    "schedule": "cosine",
    "warmup_ratio": 0.03,
    "weight_decay": 0.0,
    "checkpoints": ["final"],
    "seed": 0,
    "thinking": False,
}


# of preference pairs: trl takes means over parts of a batch, so both take it at once, and no dropout
OBJECTIVES = {
    "sft": {},
    "dpo": {
        "objective": "dpo",
        "beta": 0.1,
        "sft_weight": 0.2,
        "trainable": {"lora": {"rank": 32, "alpha": 64, "dropout": 0.0}},
    },
}


def write_corpus(path: Path, rows: int) -> None:
    """Worked answers of the task pack as a corpus of so many rows."""
    from skillift.contracts.pipeline import CORPUS
    from skillift.settings.tasks import TaskPack
    from skillift.tables import write_table
    from skillift.taskpack import build_pack
    from skillift.tasks.prompts import messages_for

    per_skill = {"train": -(-rows // 40), "dev": 0, "holdout": 1}
    skills, tasks = build_pack(TaskPack(difficulty="standard", per_skill=per_skill))
    train = tasks.filter(suite="train").head(rows)
    prompts = messages_for(train, skills, ["curated"], 0).join(train, on="task_id")
    messages = [
        [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
        for prompt, answer in prompts.select("content", "worked_solution").iter_rows()
    ]
    keys = prompts.select("task_id", attempt=pl.lit(0, pl.Int64))
    write_table(keys.with_columns(messages=pl.Series(messages)), path, CORPUS)


def write_pairs(corpus: Path, path: Path) -> Path:
    """A corpus with another row's answer beside each of its own, as preference pairs have a wrong one."""
    from skillift.contracts.pipeline import CORPUS
    from skillift.tables import read_table, write_table

    frame = read_table(corpus, CORPUS)
    answers = [messages[-1]["content"] for messages in frame["messages"]]
    write_table(frame.with_columns(rejected=pl.Series([*answers[1:], answers[0]])), path, CORPUS)
    return path


def measure(
    model: Path,
    corpus: Path,
    spec: dict,
    folder: Path,
    threads: int,
    repeats: int,
    device_batch_size: int | None = None,
) -> list[against_bare.Comparison]:
    """The command train against bare trl on one student, corpus and recipe.

    Args:
        model: the student's folder.
        corpus: a table of demonstrations.
        spec: the recipe, as the command takes it.
        folder: for what both write.
        threads: of each process.
        repeats: measured pairs.
        device_batch_size: rows at once, of both; None: the whole batch.
    """
    recipe, base = folder / "recipe.json", folder / "base.json"
    recipe.write_text(json.dumps(spec | {"device_batch_size": device_batch_size or spec["batch_size"]}))
    base.write_text("{}")
    command = ["--spec", json.dumps(spec), "--model", str(model), "--corpus", str(corpus)]
    command += ["--base-manifest", str(base), "--state", str(folder / "state"), "--threads", str(threads)]
    for name in ("checkpoints", "log", "probes", "trained-tokens", "manifest"):
        command += [f"--{name}", str(folder / name)]
    if device_batch_size is not None:
        command += ["--device-batch-size", str(device_batch_size)]
    bare = ["--model", str(model), "--corpus", str(corpus), "--recipe", str(recipe)]
    bare += ["--out", str(folder / "bare")]
    target = against_bare.TRAINING

    def ours() -> dict[str, float]:
        return against_bare.timed(against_bare.SCRIPTS / "training/train.py", command, (target,), threads)

    def theirs() -> dict[str, float]:
        return against_bare.timed(against_bare.BENCH / "bare_trl.py", bare, (target,), threads)

    def tokens() -> int:
        return pl.read_parquet(folder / "log")["tokens"].max()

    def flops() -> float:
        rows = pl.read_parquet(folder / "trained-tokens")  # of the demonstrations alone
        lengths, trained = rows["prompt_tokens"] + rows["trained_tokens"], rows["trained_tokens"]
        return spec["epochs"] * model_flops(model, lengths, trained, spec["trainable"])

    measures = {
        "training tokens/s": lambda times: tokens() / times[target],
        "peak memory, GiB": lambda times: times["peak_gib"],
        "whole process, s": lambda times: times["process"],
    }
    if peak := peak_flops():
        measures["model FLOPs utilisation"] = lambda times: flops() / times[target] / peak
    return against_bare.compare(ours, theirs, measures, repeats)


def declared_gib(model: Path, corpus: Path, spec: dict, device_batch_size: int | None) -> float:
    """What `rules/resources.smk` has such a training declare on a CPU (GiB)."""
    from skillift.running.job_sizes import Shape, TrainingJob, corpus_size
    from skillift.students.folders import parameter_count

    shape = Shape.read(model, parameter_count(model))
    job = TrainingJob(
        shape=shape,
        trainable=spec["trainable"],
        precision=spec["precision"],
        batch_size=spec["batch_size"],
        corpus=corpus_size(corpus, shape.vocabulary),
        epochs=spec["epochs"],
        device_batch_size=device_batch_size,
        reference="beta" in spec,
    )
    return job.memory_mb * 1e6 / 2**30


def main() -> None:
    """Measure each shape, print its rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", nargs="+", choices=list(SHAPES), default=["tiny"])
    parser.add_argument("--model", type=Path, help="a student's folder instead of shapes")
    parser.add_argument("--precision", default="bfloat16", help="of a student's folder")
    parser.add_argument("--objective", choices=list(OBJECTIVES), default="sft")
    parser.add_argument("--rows", type=int, default=353, help="demonstrations")
    parser.add_argument("--device-batch-size", type=int, help="rows at once, of both")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of each process")
    parser.add_argument("--repeats", type=int, default=3, help="measured pairs")
    parser.add_argument("--cpu-time", action="store_true", help="seconds of the processor, not of the wall")
    options = parser.parse_args()
    if options.cpu_time:
        os.environ["STOPWATCH"] = "cpu"
    print("| device, date | student | measure | skillift | bare | ratio |\n|---|---|---|---|---|---|")
    for shape in [options.model.parent.name] if options.model else options.shapes:
        precision = "float32" if shape == "tiny" else options.precision
        spec = RECIPE | OBJECTIVES[options.objective] | {"precision": precision}
        with tempfile.TemporaryDirectory(prefix="skillift-bench-") as text:
            folder = Path(text)
            corpus = folder / "corpus.parquet"
            write_corpus(corpus, options.rows)
            if options.objective == "dpo":
                corpus = write_pairs(corpus, folder / "pairs.parquet")
            model = options.model or write_shaped_student(shape, folder / "model")
            how = (options.threads, options.repeats, options.device_batch_size)
            rows = measure(model, corpus, spec, folder, *how)
            declared = declared_gib(model, corpus, spec, options.device_batch_size)
        for row in rows:
            values = f"{row.skillift:.4g} | {row.bare:.4g} | {row.ratio:.2f}"
            measured = f"trl, {options.objective}: {row.measure}"
            print(f"| {device()}, {date.today()} | {shape} | {measured} | {values} |", flush=True)
        if options.model:
            print(f"declared: {declared:.1f} GiB")
    print(f"load: {' '.join(f'{load:.1f}' for load in os.getloadavg())}")


if __name__ == "__main__":
    main()
