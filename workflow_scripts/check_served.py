r"""Check that what the engine serves is what was trained, by the log-probabilities of a few demonstrations.

    python workflow_scripts/check_served.py \
        --spec '{"student": "s", "run": "sft-s0", "precision": "float32"}' \
        --probes runs/s/sft-s0/probes.parquet --served served/s/sft-s0.parquet \
        --out checks/served/s/sft-s0.parquet
"""

from __future__ import annotations

from skillift.commands import parser, run
from skillift.contracts import PROBES, SERVED, SERVED_CHECK
from skillift.probes import check_served
from skillift.tables import read_table, write_table


def main(argv: list[str] | None = None) -> None:
    """Compare the two tables, write the distances."""
    arguments = parser(__doc__)
    arguments.add_argument("--probes", required=True, help="table of probes, scored by the trainer")
    arguments.add_argument("--served", required=True, help="table of their scores by the engine")
    arguments.add_argument("--out", required=True, help="table of distances to write")
    options = arguments.parse_args(argv)
    probes, served = read_table(options.probes, PROBES), read_table(options.served, SERVED)
    where = f"{options.spec['student']}/{options.spec['run']}"
    write_table(check_served(probes, served, options.spec["precision"], where), options.out, SERVED_CHECK)


if __name__ == "__main__":
    run(main)
