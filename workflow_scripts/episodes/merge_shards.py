r"""Put the parts of a run's episodes together that several jobs have answered.

    python workflow_scripts/episodes/merge_shards.py --episodes 0/episodes.parquet 1/episodes.parquet \
        --served 0/served.parquet 1/served.parquet --prompts 0/prompts.parquet 1/prompts.parquet \
        --parity 0/parity.parquet 1/parity.parquet --out episodes.parquet --served-out served.parquet \
        --prompts-out prompts.parquet --parity-out parity.parquet --spec '{}'

Where the study asks for interventions, `--intervened` and `--intervened-out` are a fifth table, and where
a chat model paraphrases, `--chains` and `--chains-out` a sixth.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.contracts.interventions import CHAINS, INTERVENED
from skillift.contracts.pipeline import EPISODES
from skillift.contracts.served_checks import BATCH_SENSITIVITY, PROMPTS, SERVED
from skillift.tables import read_table, write_table

TABLES = {"episodes": EPISODES, "served": SERVED, "prompts": PROMPTS, "parity": BATCH_SENSITIVITY}
FURTHER = {"intervened": INTERVENED, "chains": CHAINS}  # of studies that ask for them


def main(argv: list[str] | None = None) -> None:
    """Read the parts of the tables, write the tables."""
    arguments = parser(__doc__)
    for name in (*TABLES, *FURTHER):
        out = "out" if name == "episodes" else f"{name}-out"
        arguments.add_argument(
            f"--{name}", nargs="+", required=name in TABLES, help=f"parts of the table of {name}"
        )
        arguments.add_argument(f"--{out}", required=name in TABLES, help=f"table of {name} to write")
    options = vars(arguments.parse_args(argv))
    from skillift.episodes.answered import Answers
    from skillift.episodes.shards import merge

    tables = {**TABLES, **{name: schema for name, schema in FURTHER.items() if options[name]}}
    columns = [[read_table(part, schema) for part in options[name]] for name, schema in tables.items()]
    merged = merge([Answers(*parts) for parts in zip(*columns, strict=True)])
    for name, schema in tables.items():
        out = "out" if name == "episodes" else f"{name}_out"
        write_table(getattr(merged, name), options[out], schema)


if __name__ == "__main__":
    run(main)
