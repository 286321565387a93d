"""Make up the results of a study, in the working folder: `python made_up_results.py --config study=...`.

Every output of the plan is written, with a few bytes in it, and Snakemake itself records that its job has
finished. Nothing is run: what planning takes does not depend on what is in a result.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

sys.path.insert(0, str(Path("workflow_scripts").resolve()))

from snakemake import cli
from snakemake import workflow as module

MANIFEST = '{"parameter_count": 1}'  # what resources of jobs are worked out from
BENCHMARK = "s\th:m:s\tmax_rss\tcpu_time\n4.0\t0:00:04\t100.0\t4.0\n"


class Made(module.Workflow):
    """A workflow that is executed by making up its results."""

    def execute(self, executor_plugin, **_) -> None:
        self._executor_plugin = executor_plugin
        self._prepare_dag(forceall=False, ignore_incomplete=True, lock_warn_only=True, nolock=True)
        self._build_dag()
        jobs = [job for level in self.dag.toposorted() for job in level if job.output]
        self.iocache.deactivate()  # it has seen that nothing is there
        for job in jobs:
            for path in job.output:
                _write(path, MANIFEST, folder=path.is_directory)
            if job.benchmark:
                _write(job.benchmark, BENCHMARK)
            self.async_run(self.persistence.finished(job))


def _write(path: str, text: str, folder: bool = False) -> None:
    (Path(path) if folder else Path(path).parent).mkdir(parents=True, exist_ok=True)
    if not folder:
        Path(path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    gc.disable()
    module.Workflow = Made
    parser, options = cli.parse_args(["--cores", "1", *sys.argv[1:]])
    cli.args_to_api(options, parser)
