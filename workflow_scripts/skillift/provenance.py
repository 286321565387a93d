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

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from skillift.module_code import module_code

SCRIPTS = Path(__file__).resolve().parent.parent


def canonical(spec: object) -> str:
    """A spec as JSON that is equal exactly when the settings are: sorted keys, no spaces, no NaN.

    Args:
        spec: settings (`skillift.settings`) or plain data.

    Raises:
        TypeError: a value has no JSON form (Snakemake would drop it without a word).
        ValueError: a number is not finite.
    """
    return json.dumps(
        spec,
        default=_plain,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )


def _plain(settings: object) -> object:
    if hasattr(settings, "model_dump"):  # of `skillift.settings`
        return settings.model_dump()
    raise TypeError(f"a {type(settings).__name__} has no JSON form")


@dataclass
class _Module:
    """A module's statements, which of them define a name or always run, and the names that it imports."""

    statements: list[tuple[str, list[list]]]
    definitions: dict[str, list[int]]
    always: list[int]
    imports: dict[str, tuple[str, str | None]] = field(default_factory=dict)


_behind: dict[str, dict[tuple[str, str], str]] = {}


def code_digest(command: str, *modules: str, scripts: Path = SCRIPTS) -> str:
    """Digest of the code that a command can reach, 16 hexadecimal digits.

    Args:
        command: file of the command below `scripts`, such as `verdicts/judge.py`.
        modules: dotted names of modules that the command loads by a computed name.
        scripts: the folder that holds the commands and the library.

    Raises:
        FileNotFoundError: there is no such command or module.
    """
    reached: dict[tuple[str, str], str] = {}
    pending = [(name, "*") for name in (command.removesuffix(".py").replace("/", "."), *modules)]
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
    statements = [module.statements[index] for index in _statements(module, name)]
    uses = _uses(module_name, module, [named for _, names in statements for named in names], scripts)
    if name != "*":
        uses.append((module_name, ""))  # importing a module runs its loose statements
    return "\n".join(text for text, _ in statements), uses


def _statements(module: _Module, name: str) -> list[int]:
    if name == "*":
        defined = [index for group in module.definitions.values() for index in group]
        return list(dict.fromkeys([*defined, *module.always]))
    return module.always if name == "" else module.definitions.get(name, [])


def _uses(name: str, module: _Module, named: list[list], scripts: Path) -> list[tuple[str, str]]:
    """The symbols of `workflow_scripts/` that the names in statements of the module `name` refer to."""
    imports = dict(module.imports)
    for kind, *details in named:
        if kind in ("import", "from"):
            imports |= _imported(kind, details, name, scripts)
    found: list[tuple[str, str]] = []
    for kind, *details in named:
        if kind == "attribute":
            target = imports.get(details[0])
            if target and target[1] is None:
                found.append(_resolve(target[0], details[1], scripts))
        elif kind == "name":
            if details[0] in module.definitions:
                found.append((name, details[0]))
            elif details[0] in imports:
                origin, attribute = imports[details[0]]
                found.append((origin, "") if attribute is None else _resolve(origin, attribute, scripts))
    return found


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
    said = module_code(path, scripts)
    module = _Module(said["statements"], said["definitions"], said["always"])
    for kind, *details in said["imports"]:
        module.imports |= _imported(kind, details, name, scripts)
    return module


def _imported(kind: str, details: list, module: str, scripts: Path) -> dict[str, tuple[str, str | None]]:
    """Local name -> (module, symbol or None for a whole module), for imports inside `workflow_scripts/`."""
    result: dict[str, tuple[str, str | None]] = {}
    if kind == "import":
        for name, bound in details[0]:
            if _file(name, scripts):
                package = name.split(".")[0]
                result[bound or package] = (name if bound else package, None)
    else:
        level, said, names = details
        origin = _origin(level, said, module, scripts)
        if _file(origin, scripts):
            for name, bound in names:
                submodule = f"{origin}.{name}"
                result[bound or name] = (submodule, None) if _file(submodule, scripts) else (origin, name)
    return result


def _origin(level: int, said: str | None, module: str, scripts: Path) -> str:
    if not level:
        return said or ""
    package = module.split(".")
    is_package = (scripts.joinpath(*package) / "__init__.py").is_file()
    base = package[: len(package) - level + (1 if is_package else 0)]
    return ".".join([*base, *([said] if said else [])])
