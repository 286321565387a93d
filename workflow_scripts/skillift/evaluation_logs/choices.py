"""Which of several is meant: one rule for metrics, filters and fields of all readers."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from skillift.errors import UserError, problem


def chosen(where: object, what: str, option: str, asked: str | None, there: Collection[str]) -> str:
    """The one that was asked for, or the only one that there is.

    Args:
        where: the log, for messages.
        what: such as `metrics`.
        option: of the command, such as `--metric`.
        asked: the option's value.
        there: what the log has.

    Raises:
        UserError: it is not there; or none was asked for and there are several, or none.
    """
    names = ", ".join(sorted(there)) or "none"
    if asked is not None and asked not in there:
        raise UserError(problem(f"{where}, {what}", names, f"{asked!r}, as {option} says"))
    if asked is not None:
        return asked
    if len(there) == 1:
        return next(iter(there))
    fix = f"Say which with {option}." if there else ""
    raise UserError(problem(f"{where}, {what}", names, "one", fix))


def field_of(document: Mapping, path: str, where: object, option: str) -> str:
    """The value of a field of an item as text; `a.b` is the field b of a.

    Raises:
        UserError: there is no such field, or it holds no text or number.
    """
    value: object = document
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            there = ", ".join(sorted(map(str, value))) if isinstance(value, Mapping) else repr(value)
            raise UserError(problem(f"{where}, fields", there, f"{path!r}, as {option} says"))
        value = value[name]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UserError(problem(f"{where}, field {path}", value, f"a text or a number, as {option} needs"))
    return str(value)
