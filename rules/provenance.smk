"""Manifests: what made each result. The last file of rules, as it changes how jobs of all others run."""

from snakemake_inside.manifests import write_manifests
from snakemake_inside.records import restore_records

write_manifests(workflow.rules, RESULTS, workflow.basedir)
restore_records(workflow, RESULTS)
