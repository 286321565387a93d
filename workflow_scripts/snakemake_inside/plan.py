"""Snakemake's own plan as data, read without changing anything in the project's folder.

Snakemake's command line is called as for a dry run, with all its options and profiles; where it would begin
to execute, the graph of jobs is read instead. Snakemake's records in `.snakemake/` are read in place; what it
would write beside them goes to a temporary folder.

Two of Snakemake's classes are replaced for that; `jobs` knows what the graph holds.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from skillift.audit.plan import Plan
from skillift.errors import UserError
from skillift.study.study import Study
from snakemake_inside.cached_planning import cache_file_lookups
from snakemake_inside.jobs import Reader
from snakemake_inside.record_files import reading_ahead
from snakemake_inside.version import require_tested


@dataclass(frozen=True)
class StudyPlan:
    """A plan, with the study and the configuration that the Snakefile read for it."""

    plan: Plan
    study: Study
    config: dict

    @property
    def state(self) -> Path:
        """The folder of the study's resumable state."""
        return Path(self.config["state"], self.study.name)


def read_plan(options: list[str]) -> StudyPlan:
    """The plan of a run with these options of Snakemake, in the working folder.

    Raises:
        UserError: Snakemake cannot plan; it has printed why. Or its minor version was not tested.
    """
    require_tested("The audit", "`snakemake -n` with the same options says what would run.")
    from snakemake import cli
    from snakemake.logging import logger

    with contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            parser, arguments = cli.parse_args([*options, "--dry-run"])
        except SystemExit:
            raise UserError(said.getvalue().strip()) from None
    if arguments.persistence_backend is not None and str(arguments.persistence_backend) == "db":
        raise UserError("--persistence-backend db: the audit reads Snakemake's records as files alone.")
    logger.addFilter(_is_warning)
    try:
        with _only_planning() as read, contextlib.redirect_stdout(sys.stderr):  # its messages, no results
            cli.args_to_api(arguments, parser)
    finally:
        logger.removeFilter(_is_warning)
    if not read:
        raise UserError("Snakemake cannot plan this run; its message above says why.")
    return read[0]


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


@contextlib.contextmanager
def _only_planning() -> Iterator[list[StudyPlan]]:
    """Within it, a workflow that is executed is planned, and its plan put into the list that this gives."""
    from snakemake import workflow as module
    from snakemake.persistence import file as records

    read: list[StudyPlan] = []

    class Planned(module.Workflow):
        def execute(self, executor_plugin: Any, **_: Any) -> None:
            self._executor_plugin = executor_plugin
            self._prepare_dag(
                forceall=self.dag_settings.forceall,
                ignore_incomplete=self.execution_settings.ignore_incomplete,
                lock_warn_only=True,
                nolock=True,
            )
            # whether rules make each other's files: every run looks, and it is a tenth of a plan's time
            self.dag.check_directory_outputs = lambda: None
            self.dag.check_jobs = _unchecked
            with cache_file_lookups(self):
                self._build_dag()
                self.async_run(self.dag.postprocess(update_needrun=False, check_initial=True))
            read.append(StudyPlan(_plan_of(self), self.globals["STUDY"], self.globals["CONFIG"]))

    written: dict[str, Any] = {}
    marked: set[str] = set()
    kept = Path(".snakemake").absolute()

    with tempfile.TemporaryDirectory() as folder, reading_ahead(kept / "metadata") as recorded:

        class InPlace(records.FilePersistence):
            """Snakemake's records where they are; what is written to them stays in memory."""

            def __init__(
                self, *positional: Any, path: Any = None, conda_prefix: Any = None, **named: Any
            ) -> None:
                super().__init__(*positional, path=Path(folder), **named)
                self._fetch_max_len(folder)  # the folder of records may not be there
                self.environments: dict[str, tuple[str | None, ...]] = {}  # by output; none without a record
                self._metadata_path, self._incomplete_path = str(kept / "metadata"), str(kept / "incomplete")

            @lru_cache(1024)  # noqa: B019 (it lives as long as this process)
            def _read_record_cached(self, key: Any) -> Any:
                return recorded.record(self._record_path(self._metadata_path, key))

            def _read_record(self, key: Any) -> Any:
                record = written.get(key) or self._read_record_cached(key)
                if key not in self.environments:
                    self.environments[key] = (record.conda_env,) if record else ()
                return record

            def _write_record(self, key: Any, record: Any) -> None:
                written[key] = record

            def _mark_incomplete(self, key: Any, external_jobid: Any) -> None:
                marked.add(key)

            def _filter_incomplete_keys(self, keys: Any) -> Any:
                keys = set(keys)
                return keys & marked | super()._filter_incomplete_keys(keys)

            def save_iocache(self) -> None:
                """Snakemake saves the times of files for the next run that trusts them."""

        before = module.Workflow, records.FilePersistence
        module.Workflow = Planned
        module.FilePersistence = records.FilePersistence = InPlace
        try:
            yield read
        finally:
            module.Workflow, records.FilePersistence = before
            module.FilePersistence = records.FilePersistence


async def _unchecked() -> None:
    """Instead of a check of Snakemake's."""


def _plan_of(workflow: Any) -> Plan:
    graph = workflow.dag
    # each level needs only those before it; sorted, so that a plan is the same whenever it is made
    ordered = [job for level in graph.toposorted() for job in sorted(level, key=_place)]
    numbers = {job: number for number, job in enumerate(ordered)}
    reader = Reader(workflow, numbers)
    return Plan(
        tuple(reader.job(job) for job in ordered),
        tuple(sorted(reader.unrecorded)),
        reader.environments,
        tuple(rule.name for rule in workflow.rules),
    )


def _place(job: Any) -> tuple:
    return job.rule.name, *job.wildcards_dict.values()
