"""Constants by which modules say of themselves what there is to know of them, read without loading them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from skillift.errors import UserError, problem
from skillift.module_code import module_code

_LIBRARY = Path(__file__).resolve().parent
_Said = TypeVar("_Said")


def declared_in(package: str | Path, constant: str, kind: type[_Said]) -> Iterator[tuple[str, _Said]]:
    """What the modules of a package say in a constant, by name: from their text, as loading takes long.

    Args:
        package: below `skillift`, or a folder of modules.
        constant: its name, such as `FIGURE`; modules without it are left out.
        kind: of the constant, which is a call with plain values.

    Raises:
        UserError: a key that there is not, or a value that is no literal.
    """
    folder = package if isinstance(package, Path) else _LIBRARY.joinpath(*package.split("."))
    for path in sorted(folder.glob("*.py")):
        said = module_code(path, _LIBRARY.parent)
        for index in said["definitions"].get(constant, ()):
            try:
                call = ast.parse(said["statements"][index][0], mode="exec").body[0].value
                values = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
                yield path.stem, kind(**values)
            except (AttributeError, TypeError, ValueError) as error:
                names = ", ".join(kind.__annotations__)
                expected = f"{constant} = {kind.__name__}(...) with plain values of {names}"
                raise UserError(problem(str(path), str(error), expected)) from None
