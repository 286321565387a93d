"""Manifests: what made each result. The last file of rules, as it takes hold of the jobs of all others."""

from snakemake.logging import logger
from snakemake_interface_executor_plugins.settings import ExecMode

from snakemake_manifests import write_manifests
from snakemake_records import put_back

OUTPUTS = [path for each in workflow.rules for path in each.output]
NAMED_OUTPUTS = {str(path) for path in OUTPUTS if not path.contains_wildcard()}
OUTPUT_PATTERNS = [path for path in OUTPUTS if path.contains_wildcard()]


def is_output(path):
    """Whether a rule makes files of that name."""
    return path in NAMED_OUTPUTS or any(
        pattern.match(path) for pattern in OUTPUT_PATTERNS
    )


write_manifests(workflow.rules, RESULTS, workflow.basedir)

if (
    workflow.exec_mode == ExecMode.DEFAULT
):  # not a single job's own Snakemake, as on a cluster
    LOST_RECORDS = put_back(RESULTS, is_output)
    if LOST_RECORDS.restored or LOST_RECORDS.unknown:
        logger.warning(str(LOST_RECORDS))
