"""The statistics of a study: pass rates, paired effects, the audit of the paths, agreement of the judges.

Everything works on the tables of `skillift.contracts.pipeline`, from this workflow or not. An estimate that
the data leave undefined is null, beside the counts that say why; NaN never leaves this package.
"""

from __future__ import annotations
