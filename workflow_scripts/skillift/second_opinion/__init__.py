"""A second opinion on deltas and lifts: a hierarchical Bayesian logit beside the clustered t intervals.

No rule and no claim rests on it. `arms` counts passes by arm and task, `model` samples (with numpyro, in an
environment of its own), `sampling` calls it from here, `comparison` sets its intervals beside the others',
`page` shows them.
"""
