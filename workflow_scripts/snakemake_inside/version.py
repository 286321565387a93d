"""Which minor versions of Snakemake the patches of this folder were tested with.

On another one that the Snakefile takes, every patch steps aside, and one warning says what is missing then.
What cannot do without, the audit, ends with an error. README.md says how to support another version.
"""

from __future__ import annotations

from typing import Any

from skillift.errors import UserError

TESTED = ("9.27",)

_MISSING = (
    "jobs write no manifests, so `make verify` reports their results;",
    "lost records (.snakemake/metadata) are not restored: Snakemake trusts a result that has none;",
    "a Ctrl-C while Snakemake prints may be ignored (press it again), and after a SIGTERM Snakemake may wait "
    "for itself (end it with SIGKILL: the next run continues);",
    "`make status` and the terminal do not say how far running jobs are (their logs do);",
    "plans of thousands of jobs take longer;",
    "`make audit` ends with an error (`snakemake -n` says what would run).",
)


def found() -> str:
    """The version of Snakemake that this process runs."""
    import snakemake

    return snakemake.__version__


def tested() -> bool:
    """Whether the patches were tested with this Snakemake's minor version."""
    return ".".join(found().split(".")[:2]) in TESTED


def warn_if_untested(workflow: Any) -> None:
    """Say once, before jobs are planned, what is missing with a minor version that was not tested.

    Args:
        workflow: Snakemake's; in a job's own Snakemake, as on a cluster, nothing is said again.
    """
    from snakemake.logging import logger

    if workflow.is_main_process and not tested():
        logger.warning(
            "\n- ".join([f"{_state()} They are left out; results stay the same. What that means:", *_MISSING])
            + f"\n{_way_back()}"
        )


def require_tested(what: str, instead: str) -> None:
    """For what cannot do without Snakemake's inside.

    Raises:
        UserError: this minor version was not tested.
    """
    if not tested():
        raise UserError(f"{_state()} {what} cannot do without them. {instead} {_way_back()}")


def _state() -> str:
    return (
        f"Snakemake {found()}: skillift's patches of it (workflow_scripts/snakemake_inside/) were tested "
        f"with {', '.join(TESTED)} alone."
    )


def _way_back() -> str:
    return f"To have all of it: pip install 'snakemake=={TESTED[-1]}.*'"
