"""Objectives: what a training optimises, one module each.

A recipe's `objective` names a module of this package, whose function `fit` is called in each process of a
training with the arguments of `skillift.training.fit.fit`. An objective with another loss on the same
demonstrations calls that function with a `trainer` of its own. A rule's code digest names the module, so that
one objective more trains no run again.
"""
