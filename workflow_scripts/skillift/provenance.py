"""What a result depends on besides its input files: its settings and its code.

Snakemake reruns a job when one of its params changes. It does not see edits to imported
modules, and it compares params as a set of values without names; hence two params on every
rule: `spec`, one canonical text of all behavioural settings, and `code`, a digest of all code
that the rule's command can reach.

The digest is taken over syntax trees without comments, docstrings or layout. It follows names:
from the command's module to each function, class or constant that it uses, in whichever module
of `workflow_scripts/` that is defined, and from there on. Code that a command cannot reach does
not enter its digest. Names looked up at run time (`importlib`, `getattr`) are not seen; a rule
whose command does that names the modules as further roots.
"""

from __future__ import annotations

import ast
import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent


def canonical(spec: dict) -> str:
    """`spec` as JSON that is equal exactly when the settings are: sorted keys, no spaces, no NaN.

    Raises:
        TypeError: a value has no JSON form (Snakemake would drop it without a word).
        ValueError: a number is not finite.
    """
    return json.dumps(spec, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


_NAMING = (ast.Name, ast.Attribute, ast.Import, ast.ImportFrom)


@dataclass
class _Module:
    """A module's top level: definitions by name, imported names, and statements that always run."""

    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imports: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    always: list[ast.stmt] = field(default_factory=list)


_behind: dict[str, dict[tuple[str, str], str]] = {}


def code_digest(command: str, *modules: str, scripts: Path = SCRIPTS) -> str:
    """Digest of the code that a command can reach, 16 hexadecimal digits.

    Args:
        command: file name of the command, such as `judge.py`.
        modules: dotted names of modules that the command loads by a computed name.
        scripts: the folder that holds the commands and the library.

    Raises:
        FileNotFoundError: there is no such command or module.
    """
    reached: dict[tuple[str, str], str] = {}
    pending = [(name, "*") for name in (command.removesuffix(".py"), *modules)]
    while pending:
        symbol = pending.pop()
        if symbol not in reached:
            reached[symbol], uses = _read_symbol(*symbol, scripts)
            pending += uses
    text = "\0".join(f"{module}:{name}\n{code}" for (module, name), code in sorted(reached.items()))
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    _behind[digest] = reached
    return digest


def code_behind() -> dict[str, dict[str, str]]:
    """What is behind each digest taken in this process: symbol (`module:name`) -> digest of its text."""
    return {
        digest: {
            f"{module}:{name}": hashlib.sha256(code.encode()).hexdigest()[:12]
            for (module, name), code in sorted(reached.items())
        }
        for digest, reached in _behind.items()
    }


@cache
def _read_symbol(module_name: str, name: str, scripts: Path) -> tuple[str, list[tuple[str, str]]]:
    """The code of one symbol (`*`: the whole module, empty: its loose statements) and what it refers to."""
    module = _parse(module_name, scripts)
    if module is None:
        raise FileNotFoundError(f"{module_name}: no such module below {scripts}")
    statements = _statements(module, name)
    uses = _uses(module_name, module, statements, scripts)
    if name != "*":
        uses.append((module_name, ""))  # importing a module runs its loose statements
    return "\n".join(ast.unparse(statement) for statement in statements), uses


def _statements(module: _Module, name: str) -> list[ast.stmt]:
    if name == "*":
        defined = [statement for group in module.definitions.values() for statement in group]
        return list(dict.fromkeys([*defined, *module.always]))
    return module.always if name == "" else module.definitions.get(name, [])


def _uses(name: str, module: _Module, statements: list[ast.stmt], scripts: Path) -> list[tuple[str, str]]:
    """The symbols of `workflow_scripts/` that `statements` of the module `name` refer to."""
    nodes = [node for statement in statements for node in _names(statement)]
    imports = dict(module.imports)
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports |= _imported(node, name, scripts)
    found: list[tuple[str, str]] = []
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            target = imports.get(node.value.id)
            if target and target[1] is None:
                found.append(_resolve(target[0], node.attr, scripts))
        elif isinstance(node, ast.Name):
            if node.id in module.definitions:
                found.append((name, node.id))
            elif node.id in imports:
                target = imports[node.id]
                found.append((target[0], "") if target[1] is None else _resolve(*target, scripts))
    return found


def _names(statement: ast.stmt) -> list[ast.AST]:
    """The names, attributes and imports in a statement, in the order of `ast.walk`, which is slower."""
    nodes: list[ast.AST] = [statement]
    for node in nodes:  # which grows
        for name in node._fields:
            value = getattr(node, name, None)
            if type(value) is list:
                nodes += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and value._fields:
                nodes.append(value)
    return [node for node in nodes if isinstance(node, _NAMING)]


def _resolve(module_name: str, attribute: str, scripts: Path) -> tuple[str, str]:
    """Where `attribute` of a module is defined: there, in a submodule, or re-exported from another."""
    submodule = f"{module_name}.{attribute}"
    if _file(submodule, scripts):
        return submodule, "*"
    module = _parse(module_name, scripts)
    if module and attribute in module.imports and attribute not in module.definitions:
        origin, symbol = module.imports[attribute]
        return (origin, "*") if symbol is None else _resolve(origin, symbol, scripts)
    return module_name, attribute


@cache
def _file(module: str, scripts: Path) -> Path | None:
    base = scripts.joinpath(*module.split("."))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def _parse(name: str, scripts: Path) -> _Module | None:
    path = _file(name, scripts)
    if path is None:
        return None
    tree = _WithoutDocstrings().visit(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
    module = _Module()
    for statement in tree.body:
        imported = _imported(statement, name, scripts)
        if isinstance(statement, ast.Import | ast.ImportFrom):
            module.imports |= imported
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            module.definitions.setdefault(statement.name, []).append(statement)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
            for target_name in names:
                module.definitions.setdefault(target_name, []).append(statement)
        else:
            module.always.append(statement)
    return module


def _imported(node: ast.AST, module: str, scripts: Path) -> dict[str, tuple[str, str | None]]:
    """Local name -> (module, symbol or None for a whole module), for imports inside `workflow_scripts/`."""
    result: dict[str, tuple[str, str | None]] = {}
    if isinstance(node, ast.Import):
        for alias in node.names:
            if _file(alias.name, scripts):
                bound = alias.asname or alias.name.split(".")[0]
                result[bound] = (alias.name if alias.asname else bound, None)
    elif isinstance(node, ast.ImportFrom):
        origin = _origin(node, module, scripts)
        if _file(origin, scripts):
            for alias in node.names:
                bound = alias.asname or alias.name
                submodule = f"{origin}.{alias.name}"
                result[bound] = (submodule, None) if _file(submodule, scripts) else (origin, alias.name)
    return result


def _origin(node: ast.ImportFrom, module: str, scripts: Path) -> str:
    if not node.level:
        return node.module or ""
    package = module.split(".")
    is_package = (scripts.joinpath(*package) / "__init__.py").is_file()
    base = package[: len(package) - node.level + (1 if is_package else 0)]
    return ".".join([*base, *([node.module] if node.module else [])])


class _WithoutDocstrings(ast.NodeTransformer):
    def _strip(self, node):
        self.generic_visit(node)
        first = node.body[0] if node.body else None
        if (
            isinstance(first, ast.Expr)
            and isinstance(first.value, ast.Constant)
            and isinstance(first.value.value, str)
        ):
            node.body = node.body[1:] or ([] if isinstance(node, ast.Module) else [ast.Pass()])
        return node

    def visit(self, node):
        if isinstance(node, ast.expr):  # no statement is below it
            return node
        documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        return self._strip(node) if isinstance(node, documented) else self.generic_visit(node)
