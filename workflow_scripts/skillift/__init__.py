"""The library behind skillift's commands: pure steps on frames and records.

Nothing in here knows of Snakemake. Every command in the folder above reads files,
calls one function of this package and writes what it returns.
"""
