"""What each module of `workflow_scripts/` says: its statements without comments, docstrings or layout.

Reading a module's syntax takes longer than all else that a plan does with it, so what was read is kept
beside Python's own compiled files, in `__pycache__`. An entry belongs to the SHA-256 of this module's text
and that of the module that was read: it is right for every copy of that text, whatever its time stamp, for as
long as it would be read in the same way.
"""

from __future__ import annotations

import ast
import atexit
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

_READER = hashlib.sha256(Path(__file__).read_bytes()).digest()
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
    key = hashlib.sha256(_READER + content).hexdigest()
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
    """The names, attributes and imports that a statement uses of what stands around it, each once."""
    found = _Uses()
    found.visit(statement)
    return list({json.dumps(name): name for name in found.uses}.values())


class _Uses(ast.NodeVisitor):
    """What code uses of its module: not the names that it binds itself, such as parameters and fields."""

    def __init__(self) -> None:
        self.uses: list[list] = []
        self._local: tuple[frozenset[str], ...] = ()

    def _use(self, node: ast.AST) -> None:
        if (name := _name(node)) is not None:
            self.uses.append(name)

    def _is_local(self, name: str) -> bool:
        return any(name in names for names in self._local)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Store) and not self._is_local(node.id):
            self._use(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name) and not self._is_local(node.target.id):
            self._use(node.target)  # which it reads, too
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not (isinstance(node.value, ast.Name) and self._is_local(node.value.id)):
            self._use(node)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self._use(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._use(node)

    def _visit_all(self, *parts: ast.AST | Sequence[ast.AST] | None) -> None:
        for part in parts:
            for node in part if isinstance(part, Sequence) else [part]:
                if node is not None:
                    self.visit(node)

    def _visit_within(
        self,
        bound: frozenset[str],
        *parts: ast.AST | Sequence[ast.AST] | None,
        of_module: frozenset[str] = frozenset(),
    ) -> None:
        around = self._local
        self._local = (*(names - of_module for names in around), bound)
        self._visit_all(*parts)
        self._local = around

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._visit_all(node.decorator_list, node.args, node.returns)
        found = _bindings(node.body)
        of_module = frozenset(found.of_module)
        self._visit_within(_bound(node.args, found), node.body, of_module=of_module)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_all(node.args)
        self._visit_within(_bound(node.args, _bindings([node.body])), node.body)

    def _visit_comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        first, *others = node.generators
        self._visit_all(first.iter)  # which is looked up outside
        targets = frozenset(
            each.id
            for generator in node.generators
            for each in ast.walk(generator.target)
            if isinstance(each, ast.Name)
        )
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._visit_within(targets, first.target, first.ifs, others, results)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension


class _Bindings(ast.NodeVisitor):
    """The names that a function's own statements bind, without those of scopes within it.

    Imports are left out: `skillift.provenance` follows the names that they bind.
    """

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.of_module: set[str] = set()
        self.of_function_around: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store | ast.Del):
            self.bound.add(node.id)

    def visit_Global(self, node: ast.Global) -> None:
        self.of_module.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.of_function_around.update(node.names)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self.bound.add(node.name)

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """It binds nothing around it."""

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for part in (node.iter, *node.ifs):  # its targets are its own
            self.visit(part)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        self._bind(node.name)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self._bind(node.rest)
        self.generic_visit(node)

    def _bind(self, name: str | None) -> None:
        if name:
            self.bound.add(name)


def _bindings(body: list) -> _Bindings:
    found = _Bindings()
    for node in body:
        found.visit(node)
    return found


def _bound(arguments: ast.arguments, found: _Bindings) -> frozenset[str]:
    """The names that are local to a function."""
    named = [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ]
    parameters = {each.arg for each in named if each is not None}
    return frozenset((found.bound | parameters) - found.of_module - found.of_function_around)


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
