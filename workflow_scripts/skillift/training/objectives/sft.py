"""`sft`: the likelihood of the demonstration, given the prompt."""

from skillift.training.fit import fit

__all__ = ["fit"]
