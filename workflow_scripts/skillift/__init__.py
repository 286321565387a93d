"""The library behind skillift's commands: pure steps on frames and records.

Nothing in here knows of Snakemake. Every command in the folder above reads files,
calls one function of this package and writes what it returns.
"""

import gc
import os

# Of a job of a workflow: imports make some hundred thousand objects that live until its process ends, and to
# look through them again and again takes a quarter of what a job of one second takes. `skillift.commands.run`
# switches it on. What a job starts does not inherit it.
if os.environ.pop("IMPORT_UNCOLLECTED", None):
    gc.disable()
