"""Have the jobs of a workflow write their manifests.

The Snakemake that runs a job, on this machine or on a node of a cluster, runs its command and then writes the
manifest, before the job counts as complete. So a kill leaves no result without its manifest: Snakemake
rebuilds the outputs of a job that did not complete.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from skillift.errors import UserError
from skillift.running.manifests import made_by, write_manifest
from skillift.running.surroundings import commit_of, device, packages
from snakemake_inside.version import tested


def write_manifests(rules: Any, results: Path | str, source: Path | str) -> None:
    """Have every job of the rules that runs a command write its manifest.

    Args:
        rules: Snakemake's rules; their `run_func` is replaced.
        results: the study's folder of results, which holds all outputs.
        source: folder of the workflow, for its commit.
    """
    if not tested():
        return
    for rule in rules:
        if rule.shellcmd is not None:
            rule.run_func = _with_manifest(rule, results, source)


def _with_manifest(made: Any, results: Path | str, source: Path | str) -> Callable:
    """What runs a job of the rule `made` and writes its manifest."""
    run_job = made.run_func
    # Snakemake compares no params that come of inputs or outputs
    derived = {name for name, value in made.params.items() if made._is_deriving_function(value)}

    def run(
        input: Any,
        output: Any,
        params: Any,
        wildcards: Any,
        threads: Any,
        resources: Any,
        log: Any,
        rule: Any,
        conda_env: Any,
        *others: Any,
    ) -> Any:
        started = _now()
        run_job(input, output, params, wildcards, threads, resources, log, rule, conda_env, *others)
        surroundings = {
            "started": started,
            "ended": _now(),
            "threads": threads,
            "source": commit_of(source),
            "packages": packages(conda_env),
            "device": device(),
        }
        try:
            manifest = made_by(
                results,
                made.name,
                dict(wildcards.items()),
                {name: value for name, value in params.items() if name not in derived},
                made.shellcmd,
                [str(path) for path in input],
                [str(path) for path in output],
                surroundings,
            )
            write_manifest(manifest, results)
        except UserError as error:
            from snakemake.exceptions import WorkflowError

            raise WorkflowError(str(error)) from None

    return run


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
