"""The commands generate and train beside bare scripts on the same inputs, turn and turn about.

Both run as whole processes under the same stopwatch, which times the library's calls inside them, so that
a ratio tells what skillift adds. Inputs are those of a finished study.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from projects import ROOT

BENCH = Path(__file__).resolve().parent
SCRIPTS = ROOT / "workflow_scripts"
ENGINE_START = "vllm.entrypoints.llm:LLM.__init__"
ANSWERS = ("skillift.engines.vllm_engine:VllmEngine.generate", "vllm.entrypoints.llm:LLM.chat")
# asks a few prompts twice and scores the answers, through the same engine
BATCH_SENSITIVITY = "skillift.episodes.batch_sensitivity:measure"
SCORES = "skillift.engines.vllm_engine:VllmEngine.log_probabilities"
TRAINING = "transformers.trainer:Trainer.train"


@dataclass(frozen=True)
class Comparison:
    """One measure of the command and of the bare script, medians over the repeats.

    Attributes:
        measure: what was measured, with its unit.
        skillift: the command's median.
        bare: the bare script's median.
        ratio: median of the ratios of neighbouring runs, skillift to bare.
    """

    measure: str
    skillift: float
    bare: float
    ratio: float


def timed(script: Path, arguments: list[str], targets: tuple[str, ...], threads: int) -> dict[str, float]:
    """Seconds by target, and of the whole `process`.

    Raises:
        SystemExit: the script failed; prints what it wrote.
    """
    with tempfile.TemporaryDirectory() as folder:
        times = Path(folder, "times.json")
        command = [
            sys.executable,
            str(BENCH / "stopwatch.py"),
            str(times),
            *targets,
            "--",
            str(script),
            *arguments,
        ]
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(SCRIPTS)}
        environment |= {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "TOKENIZERS_PARALLELISM": "false"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{done.stdout}{done.stderr}\n{script.name} failed.")
        return json.loads(times.read_text())


def compare(
    run_command: Callable[[], dict[str, float]],
    run_bare: Callable[[], dict[str, float]],
    measures: dict[str, Callable[[dict[str, float]], float]],
    repeats: int,
) -> list[Comparison]:
    """Run both in turn, the first pair unmeasured (it fills the file cache), and compare each measure.

    Processor time, see stopwatch.py, hangs less on that cache: there every pair counts.
    """
    if os.environ.get("STOPWATCH") != "cpu":
        run_command(), run_bare()
    pairs = [(run_command(), run_bare()) for _ in range(repeats)]
    rows = []
    for measure, value in measures.items():
        ours, bare = ([value(pair[side]) for pair in pairs] for side in (0, 1))
        ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
        rows.append(Comparison(measure, statistics.median(ours), statistics.median(bare), ratio))
    return rows


def engine(
    results: Path, study, config: dict, student: str, folder: Path, threads: int, repeats: int
) -> tuple[list[Comparison], float]:
    """The command generate against bare vLLM on a student's base episodes, and the share of equal answers."""
    spec = study.episodes_spec(student, "base").model_dump()
    model = results / "students" / student / "model"
    return generation(results, model, spec, config["engine"], folder, threads, repeats)


def generation(
    tables: Path, model: Path, spec: dict, engine_settings: dict, folder: Path, threads: int, repeats: int
) -> tuple[list[Comparison], float]:
    """The command generate against bare vLLM on the same prompts, and the share of equal answers.

    Args:
        tables: the folder of the tables of tasks and skills, of each suite or of all (`files_of_suites`).
        model: the student's folder.
        spec: what is asked, as the command takes it; `inference.max_model_len` is a number.
        engine_settings: `engine` of config.yaml.
        folder: for what both write.
        threads: of each process.
        repeats: measured pairs.
    """
    from skillift.contracts.pipeline import SKILLS, TASKS
    from skillift.episodes.asked import messages_of_suites
    from skillift.settings.command_options import words
    from skillift.settings.config import EngineConfig
    from skillift.settings.specs import EpisodesSpec
    from skillift.students.chat_format import answer_text
    from skillift.students.model_folders import load_tokenizer
    from skillift.tasks.suites import files_of_suites, read_suites

    settings = {**spec["inference"], **engine_settings}
    asked = {name: files_of_suites(tables, name) for name in ("tasks", "skills")}
    tasks, skills = read_suites(asked["tasks"], TASKS), read_suites(asked["skills"], SKILLS)
    prompts = messages_of_suites(tasks, skills, spec["inference"]["suites"], EpisodesSpec(**spec))
    files = {name: folder / f"{name}.json" for name in ("prompts", "settings", "out")}
    files["prompts"].write_text(json.dumps(prompts["content"].to_list()))
    files["settings"].write_text(json.dumps(settings))
    episodes = folder / "episodes.parquet"

    command = ["--spec", json.dumps(spec), "--model", str(model), "--threads", str(threads)]
    command += [word for name, paths in asked.items() for word in (f"--{name}", *map(str, paths))]
    command += ["--task-template", str(SCRIPTS / "assets/prompts/task.jinja"), "--out", str(episodes)]
    command += words(EngineConfig(**engine_settings))
    bare = ["--model", str(model)]
    for name, path in files.items():
        bare += [f"--{name}", str(path)]

    def ours() -> dict[str, float]:
        times = timed(SCRIPTS / "episodes/generate.py", command, targets, threads)
        return times | {"tokens": pl.read_parquet(episodes)["completion_tokens"].sum()}

    def theirs() -> dict[str, float]:
        times = timed(BENCH / "bare_vllm.py", bare, targets, threads)
        return times | {
            "tokens": sum(len(answer["tokens"]) for answer in json.loads(files["out"].read_text()))
        }

    targets = (ENGINE_START, *ANSWERS, BATCH_SENSITIVITY, SCORES)
    rows = compare(
        ours,
        theirs,
        {
            "engine start, s": lambda times: times[ENGINE_START],
            "episodes/s": lambda times: prompts.height / _answering(times),
            "tokens/s": lambda times: times["tokens"] / _answering(times),
            "whole process, s": lambda times: times["process"],
        },
        repeats,
    )
    # tokens, not texts: vLLM decodes step by step, which writes broken bytes of random students otherwise
    tokenizer = load_tokenizer(model)
    found = [answer_text(tokenizer, answer["tokens"]) for answer in json.loads(files["out"].read_text())]
    answers = prompts.with_columns(bare=pl.Series(found))
    both = pl.read_parquet(episodes).join(answers, on=["suite", "task_id", "condition"])
    return rows, (both["response"] == both["bare"]).mean()


def _answering(times: dict[str, float]) -> float:
    """Seconds in which all prompts were answered, without the few that are asked twice."""
    asked_twice = times.get(BATCH_SENSITIVITY, 0.0) - times.get(SCORES, 0.0)
    return sum(times.get(name, 0.0) for name in ANSWERS) - asked_twice
