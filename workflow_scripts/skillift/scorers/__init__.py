"""Scorers: how the path `bench` gets a verdict where no judge is asked.

A scorer is a module of this package with a function `score(response, reference, answer_type)`, or with the
constant `COLUMNS`, which names other columns of the task to give it; its name is what the column `scorer` of
tasks says. `skillift.scorers.registry` finds them. The word `judge` is none of
them: such a task is scored by the primary judge.
"""
