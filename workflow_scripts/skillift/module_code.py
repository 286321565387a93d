"""What each module of `workflow_scripts/` says: its statements without comments, docstrings or layout.

Reading a module's syntax takes longer than all else that a plan does with it, so what was read is kept
beside Python's own compiled files, in `__pycache__`. An entry belongs to the SHA-256 of a module's text: it
is right for every copy of that text, whatever its time stamp, and nothing has to be declared stale.
"""

from __future__ import annotations

import ast
import atexit
import hashlib
import json
import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

_NAMING = (ast.Name, ast.Attribute, ast.Import, ast.ImportFrom)
MOST_KEPT = 2000  # of a project of some 250 modules: eight versions of each


def module_code(path: Path, scripts: Path) -> dict:
    """What the module in a file says, as JSON can hold it.

    Returns:
        `statements`: the text and the names of each statement at the module's top, in order. A name is one of
        `["name", name]`, `["attribute", name before the dot, name after it]`,
        `["import", [[name, bound], ...]]` and `["from", level, module, [[name, bound], ...]]`, where `bound`
        may be null;
        `definitions`: name -> indices of the statements that define it;
        `always`: indices of the statements that always run;
        `imports`: the imports at the module's top, in order.

    Raises:
        SyntaxError: the file is no Python module.
    """
    content = path.read_bytes()
    key = hashlib.sha256(content).hexdigest()
    kept = _kept(scripts)
    if key not in kept:
        if not _new:
            atexit.register(_keep)
        kept[key] = _read(content.decode("utf-8"), path)
        _new.append((scripts, key))
    return kept[key]


_new: list[tuple[Path, str]] = []


def _file(scripts: Path) -> Path:
    # what `ast.unparse` writes differs from one version of Python to the next
    return scripts / "__pycache__" / f"module_code.{sys.implementation.cache_tag}.json"


@cache
def _kept(scripts: Path) -> dict[str, dict]:
    try:
        return json.loads(_file(scripts).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or one that another version has left half written
        return {}


def _keep() -> None:
    """Write what was not kept yet; a folder that cannot be written to keeps nothing."""
    for scripts in {scripts for scripts, _ in _new}:
        kept = _kept(scripts)
        if len(kept) > MOST_KEPT:
            kept = {key: kept[key] for where, key in _new if where == scripts}
        target = _file(scripts)
        temporary = target.with_name(f".{target.name}.{os.getpid()}")  # another process may write too
        with suppress(OSError):
            target.parent.mkdir(exist_ok=True)
            temporary.write_text(json.dumps(kept), encoding="utf-8")
            temporary.replace(target)


def _read(text: str, path: Path) -> dict:
    tree = ast.parse(text, filename=str(path))
    _WithoutDocstrings().visit(tree)  # in place
    definitions: dict[str, list[int]] = {}
    always, imports = [], []
    for index, statement in enumerate(tree.body):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            imports.append(_name(statement))
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            definitions.setdefault(statement.name, []).append(index)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
            for name in sorted(names):
                definitions.setdefault(name, []).append(index)
        else:
            always.append(index)
    return {
        "statements": [[ast.unparse(statement), _names(statement)] for statement in tree.body],
        "definitions": definitions,
        "always": always,
        "imports": imports,
    }


def _names(statement: ast.stmt) -> list[list]:
    """The names, attributes and imports in a statement, each once."""
    nodes: list[ast.AST] = [statement]
    for node in nodes:  # which grows
        for name in node._fields:
            value = getattr(node, name, None)
            if type(value) is list:
                nodes += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and value._fields:
                nodes.append(value)
    named = (_name(node) for node in nodes if isinstance(node, _NAMING))
    return list({json.dumps(name): name for name in named if name}.values())


def _name(node: ast.AST) -> list | None:
    if isinstance(node, ast.Name):
        return ["name", node.id]
    if isinstance(node, ast.Attribute):
        return ["attribute", node.value.id, node.attr] if isinstance(node.value, ast.Name) else None
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [[alias.name, alias.asname] for alias in node.names]
        return ["import", names] if isinstance(node, ast.Import) else ["from", node.level, node.module, names]
    return None


_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class _WithoutDocstrings(ast.NodeTransformer):
    def _strip(self, node: _Documented) -> ast.AST:
        self.generic_visit(node)
        if node.body and _is_text(node.body[0]):
            node.body = node.body[1:] or ([] if isinstance(node, ast.Module) else [ast.Pass()])
        if isinstance(node, ast.ClassDef):  # texts below fields, which say what these mean
            node.body = [statement for statement in node.body if not _is_text(statement)] or [ast.Pass()]
        return node

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr):  # no statement is below it
            return node
        return self._strip(node) if isinstance(node, _Documented) else self.generic_visit(node)


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
