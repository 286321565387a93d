"""All that knows Snakemake's inside: what of it skillift replaces or reads. README.md lists each patch.

Each was tested with the minor versions in `version.py`; on another one the patches step aside with a warning.
"""
