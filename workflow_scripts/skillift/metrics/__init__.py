"""Metrics: the numbers that a task has in an arm besides whether it passes, one module each."""
