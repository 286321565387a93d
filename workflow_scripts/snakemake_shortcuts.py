"""What Snakemake does over and over when it plans thousands of jobs, done once.

None of it changes a plan: tests/workflow compares them. Snakemake 9.27 has no hook there: this module alone
knows which of its functions are put in place of which.
"""

from __future__ import annotations

from functools import cache, wraps


def take_shortcuts(workflow) -> None:
    """Take them in every plan that this process makes from now on.

    Args:
        workflow: Snakemake's, which knows whether files may stand elsewhere than on disk.
    """
    from snakemake import common, dag, rules
    from snakemake.io import _IOFile

    # parameters of input functions, which each job asks for several times
    rules.get_function_params = common.get_function_params = cache(_unwrapped(common.get_function_params))
    dag.DAG.update = _remembering_producers(_unwrapped(dag.DAG.update))
    if workflow.storage_settings.default_storage_provider is None:
        # no rule of this workflow names a storage of its own; each file is asked some ten times
        _IOFile.is_storage = False


def _unwrapped(function):
    """What a shortcut was taken around, if one was."""
    return getattr(function, "__wrapped__", function)


def _remembering_producers(update):
    """`DAG.update` that looks for the job which makes a file once, not once for each job that takes it."""

    @wraps(update)
    async def remembering(self, jobs, file=None, visited=None, known_producers=None, **others):
        known = {} if known_producers is None else known_producers
        producer = await update(self, jobs, file=file, visited=visited, known_producers=known, **others)
        if file is not None:
            known[file] = [producer]
        return producer

    return remembering
