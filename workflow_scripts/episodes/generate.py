r"""Have a student answer the tasks of a study, at the base model or at the checkpoints of a run.

    python workflow_scripts/episodes/generate.py --tasks tasks/holdout.parquet \
        --skills skills/holdout.parquet --task-template workflow_scripts/assets/prompts/task.jinja \
        --model students/s/model --out episodes.parquet \
        --spec '{"conditions": ["none", "curated"], "prompt_seed": 0, "checkpoints": [0], "inference":
          {"engine": "vllm", "precision": "float32", "thinking": false, "suites": ["holdout"], "samples": 1,
           "temperature": 0.0, "top_p": 1.0, "max_tokens": 48, "max_model_len": null, "adapters": "merged",
           "batch_invariant": false, "seed": 0}}'

A trained run names its checkpoints (steps, or "final") and adds `--checkpoints FOLDER --manifest FILE`, and
`--probes FILE --served FILE` to have the engine score the demonstrations that the trainer has scored.
An emulated run (`emulated` in the spec) is given the checkpoints and the manifest of the training that it
borrows, and `--small FOLDER`, the student of that training.
Where the spec asks for interventions, `--intervened FILE` takes what they were answered with, and with
`"second_pass": true` among these `--chains FILE` what a second pass goes on from (`force_paraphrases.py`).
`--prompts FILE` notes what is asked, `--parity FILE` how the same prompts are answered in another batch.
Where the spec has `"shards": n`, `--shard` (from 0) says which n-th of the tasks is answered.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.contracts.interventions import CHAINS, INTERVENED
from skillift.contracts.pipeline import EPISODES, SKILLS, TASKS
from skillift.contracts.served_checks import BATCH_SENSITIVITY, PROBES, PROMPTS, SERVED
from skillift.episodes.answering import answer
from skillift.episodes.student_options import add_engine_options, add_run_options, models_by_step, run_options
from skillift.errors import UserError, problem
from skillift.settings.specs import EpisodesSpec
from skillift.tables import read_table, write_table
from skillift.tasks.prompts import read_task_template
from skillift.tasks.suites import read_suites


def main(argv: list[str] | None = None) -> None:
    """Read tasks and skills, answer, write the episodes."""
    arguments = parser(__doc__, EpisodesSpec)
    arguments.add_argument("--tasks", nargs="+", required=True, help="table of tasks of each suite")
    arguments.add_argument("--skills", nargs="+", required=True, help="table of skills of each suite")
    arguments.add_argument(
        "--task-template", type=Path, required=True, help="Jinja template of the user message"
    )
    add_engine_options(arguments)
    add_run_options(arguments)
    arguments.add_argument("--shard", type=int, default=0, help="which of the shards in the spec to answer")
    arguments.add_argument("--probes", type=Path, help="table of probes of the run")
    arguments.add_argument("--served", type=Path, help="table of their scores to write")
    arguments.add_argument("--prompts", help="table of what is asked to write")
    arguments.add_argument("--parity", help="table of the same prompts in another batch to write")
    arguments.add_argument("--intervened", help="table of answers after interventions to write")
    arguments.add_argument("--chains", help="table of chains of thought for a second pass to write")
    arguments.add_argument("--out", required=True, help="table of episodes to write")
    options = arguments.parse_args(argv)
    template = read_task_template(options.task_template)
    checkpoints, composition = models_by_step(options)
    altering = options.spec.inference.interventions
    if options.intervened and altering is None:
        raise UserError(problem("--intervened", options.intervened, "a spec with `inference.interventions`"))
    if options.chains and not (altering and altering.second_pass):
        raise UserError(problem("--chains", options.chains, "a spec with `interventions.second_pass`"))
    tasks, skills = read_suites(options.tasks, TASKS), read_suites(options.skills, SKILLS)
    probes = read_table(options.probes, PROBES) if options.probes else None
    found = answer(
        tasks,
        skills,
        options.spec,
        checkpoints,
        run_options(options),
        template,
        probes,
        options.model,
        options.shard,
        composition,
    )
    for table, path, schema in (
        (found.served, options.served, SERVED),
        (found.prompts, options.prompts, PROMPTS),
        (found.parity, options.parity, BATCH_SENSITIVITY),
        (found.intervened, options.intervened, INTERVENED),
        (found.chains, options.chains, CHAINS),
        (found.episodes, options.out, EPISODES),
    ):
        if path and table is not None:
            write_table(table, path, schema)


if __name__ == "__main__":
    run(main)
