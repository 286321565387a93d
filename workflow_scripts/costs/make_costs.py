r"""Sum up what the stages of a study took: jobs, seconds, memory, US dollars.

    python workflow_scripts/costs/make_costs.py \
        --spec '{"jobs": ["score", "pretrain/s", "judge/tail/s/base"], "paid": {"judge": "verdicts"}}' \
        --benchmarks 'results/embedded/benchmarks/{job}.tsv' \
        --verdicts 'results/embedded/verdicts/{job}.parquet' --out results/embedded/costs.parquet

A job's stage is the first part of its name, the rule's; for tables of paid calls, {job} is the rest of it.
`paid` says which stages have such tables and of what: `demonstrations`, `paraphrases`, `verdicts` or
`certification`, each an option. Times differ from run to run, so a second run of the same study does not
repeat this table.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.costs.stages import PAID, STAGE_COSTS, read_benchmarks, read_paid, stage_costs
from skillift.path_patterns import path_pattern
from skillift.settings.publication_specs import CostsSpec
from skillift.tables import write_table


def main(argv: list[str] | None = None) -> None:
    """Read the benchmark files and the tables of paid calls, write the table of stages."""
    arguments = parser(__doc__, CostsSpec)
    arguments.add_argument(
        "--benchmarks", type=path_pattern("job"), required=True, help="path pattern of Snakemake's files"
    )
    for kind in PAID:
        names = [] if kind == "demonstrations" else ["job"]  # there is one table of demonstrations
        arguments.add_argument(
            f"--{kind}", type=path_pattern(*names), help=f"path pattern of tables of {kind}"
        )
    arguments.add_argument("--out", type=Path, required=True, help="costs.parquet")
    options = arguments.parse_args(argv)

    jobs = options.spec.jobs
    paid = read_paid({kind: getattr(options, kind) for kind in PAID}, jobs, options.spec.paid)
    write_table(stage_costs(read_benchmarks(options.benchmarks, jobs), paid), options.out, STAGE_COSTS)


if __name__ == "__main__":
    run(main)
