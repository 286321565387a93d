"""What a run would rebuild, before it runs: jobs, their reasons in plain words, and what they will cost.

The plan is Snakemake's own (`workflow_scripts/snakemake_inside/plan.py` reads it); nothing here decides what
reruns.
"""
