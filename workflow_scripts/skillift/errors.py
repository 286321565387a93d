"""Errors that a user can fix.

Anything that is wrong with a study file, a table, a folder or the machine is raised as a
`UserError` whose text names the place, what was found, what was expected and the fix.
Commands print that text alone; a traceback means a bug in skillift.
"""

from __future__ import annotations


class UserError(Exception):
    """Something that the user can fix; the message says where and how."""


class ContractError(UserError):
    """A table does not keep its contract (`skillift.contracts`)."""


class PathMismatchError(UserError):
    """Two scoring paths met in one subtraction (design rule: a difference is taken within one path)."""


class ProtocolMismatchError(UserError):
    """Two protocols met in one number (`skillift.protocols`)."""


def problem(where: str, found: object, expected: str, fix: str = "") -> str:
    """One line in the house form: place, what was found, what was expected, the fix."""
    text = f"{where}: found {found!r}, expected {expected}."
    return f"{text} {fix}" if fix else text
