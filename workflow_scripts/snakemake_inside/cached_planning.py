"""What Snakemake does over and over when it plans thousands of jobs, done once.

None of it changes a plan: tests/workflow/test_cached_planning.py compares them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any

from snakemake_inside.version import tested


def cache_planning(workflow: Any) -> None:
    """Do so in every plan that this process makes from now on.

    Args:
        workflow: Snakemake's, which knows whether files may stand elsewhere than on disk.
    """
    if not tested():
        return
    from snakemake import common, dag, rules
    from snakemake.io import _IOFile

    # parameters of input functions, which each job asks for several times
    rules.get_function_params = common.get_function_params = cache(_unwrapped(common.get_function_params))
    dag.DAG.update = _with_known_producers(_unwrapped(dag.DAG.update))
    if _all_on_disk(workflow):  # each file is asked some ten times
        _IOFile.is_storage = False


@contextmanager
def cache_file_lookups(workflow: Any) -> Iterator[None]:
    """Within it, each file is looked for once, and nothing is said of how names are written.

    For a plan that no run follows: what is there stays as it is.
    """
    from snakemake.io import _IOFile

    exists, check = _IOFile.exists, _IOFile.check
    if _all_on_disk(workflow):
        _IOFile.exists, _IOFile.check = _with_known_files(exists), lambda self: None
    try:
        yield
    finally:
        _IOFile.exists, _IOFile.check = exists, check


def _all_on_disk(workflow: Any) -> bool:
    """Whether all files stand on disk: no rule of this workflow names a storage of its own."""
    return workflow.storage_settings.default_storage_provider is None


def _with_known_files(exists: Any) -> Any:
    """`_IOFile.exists` that asks the system once."""
    known: dict[str, bool] = {}

    async def looked_up(self: Any) -> bool:
        if (found := known.get(self._file)) is None:
            found = known[self._file] = await exists(self)
        return found

    return looked_up


def _unwrapped(function: Any) -> Any:
    """A function as Snakemake has it, where this module has put its own around it."""
    return getattr(function, "__wrapped__", function)


def _with_known_producers(update: Any) -> Any:
    """`DAG.update` that looks for the job which makes a file once, not once for each job that takes it."""

    @wraps(update)
    async def updated(
        self: Any,
        jobs: Any,
        file: Any = None,
        visited: Any = None,
        known_producers: Any = None,
        **others: Any,
    ) -> Any:
        known = {} if known_producers is None else known_producers
        producer = await update(self, jobs, file=file, visited=visited, known_producers=known, **others)
        if file is not None:
            known[file] = [producer]
        return producer

    return updated
