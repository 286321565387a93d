"""The graph of a plan as a drawing: jobs, or rules where there are many jobs, in rows from top to bottom.

A node stands in a row below all that it needs, and within its row near what it needs, which keeps lines
short.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from skillift.audit.plan import FATES, Job, Plan
from skillift.stages import family

MOST_JOBS = 25  # with more, a node is a rule
_WIDTH, _HEIGHT = 186, 26  # px of a node
_ACROSS, _DOWN = 18, 44  # px between nodes
_LONGEST = 25  # characters of a node's name that fit


@dataclass
class Node:
    """A job or the jobs of a rule, where it stands (px of its top left corner), and what it needs."""

    name: str
    fates: Counter[str] = field(default_factory=Counter)
    needs: set[str] = field(default_factory=set)
    x: float = 0.0
    y: float = 0.0

    @property
    def label(self) -> str:
        """Its name as it fits, with how many of its jobs would run where it has several."""
        total = self.fates.total()
        count = f" {total - self.fates['reused']}/{total}" if total > 1 else ""
        room = _LONGEST - len(count)
        short = self.name if len(self.name) <= room else f"{self.name[: room - 1]}…"
        return short + count

    @property
    def parts(self) -> list[tuple[str, float, float]]:
        """(fate, x, width) of the parts of its box."""
        found, x, total = [], self.x, self.fates.total()
        for fate in FATES:
            if self.fates[fate]:
                width = _WIDTH * self.fates[fate] / total
                found.append((fate, x, width))
                x += width
        return found

    @property
    def told(self) -> str:
        """Its name, and how many of its jobs have which fate, for readers without the drawing."""
        return f"{self.name}: " + ", ".join(f"{n} {FATES[fate]}" for fate, n in self.fates.items())


@dataclass(frozen=True)
class Drawing:
    """Nodes in their places, lines between them (from, to, SVG path), and the size, px."""

    nodes: list[Node]
    lines: list[tuple[str, str, str]]
    width: float
    height: float
    node_width: int = _WIDTH
    node_height: int = _HEIGHT


def drawing(plan: Plan) -> Drawing:
    """The drawing of a plan; targets, which do nothing, are left out."""
    nodes = _nodes(plan)
    rows = _rows(nodes)
    widest = max((len(row) for row in rows), default=0)
    width = widest * (_WIDTH + _ACROSS) - _ACROSS + 20
    for place, row in enumerate(rows):
        if place:
            row.sort(key=lambda node: (_middle(node, nodes), node.name))
        left = (widest - len(row)) * (_WIDTH + _ACROSS) / 2 + 10
        for number, node in enumerate(row):
            node.x, node.y = left + number * (_WIDTH + _ACROSS), place * (_HEIGHT + _DOWN) + 10
    lines = [
        (name, node.name, _path(nodes[name], node)) for node in nodes.values() for name in sorted(node.needs)
    ]
    height = len(rows) * (_HEIGHT + _DOWN) - _DOWN + 20
    return Drawing([node for row in rows for node in row], lines, max(width, 0), max(height, 0))


def _nodes(plan: Plan) -> dict[str, Node]:
    jobs = [job for job in plan.jobs if job.runs]

    def name(job: Job) -> str:
        return job.name if len(jobs) <= MOST_JOBS else family(job.rule)

    nodes = {name(job): Node(name(job)) for job in jobs}
    for job in jobs:
        node = nodes[name(job)]
        node.fates[job.fate] += 1
        node.needs |= {name(plan.jobs[number]) for number in job.needs} - {node.name}
    for node in nodes.values():  # what another need of it needs already is no line of its own
        passed = {far for near in node.needs for far in nodes[near].needs}
        node.needs -= passed
    return nodes


def _rows(nodes: Mapping[str, Node]) -> list[list[Node]]:
    """Nodes by the longest way to them; rules that need each other stand where they are first met."""
    depth: dict[str, int] = {}

    def place(name: str, above: frozenset[str]) -> int:
        if name not in depth:
            others = nodes[name].needs - above
            depth[name] = 1 + max((place(other, above | {name}) for other in sorted(others)), default=-1)
        return depth[name]

    rows: list[list[Node]] = []
    for name in nodes:
        rows += [[] for _ in range(place(name, frozenset({name})) + 1 - len(rows))]
        rows[depth[name]].append(nodes[name])
    return rows


def _middle(node: Node, nodes: Mapping[str, Node]) -> float:
    places = [nodes[name].x for name in node.needs]
    return sum(places) / len(places) if places else 0.0


def _path(start: Node, end: Node) -> str:
    x, y = start.x + _WIDTH / 2, start.y + _HEIGHT
    to_x, to_y = end.x + _WIDTH / 2, end.y
    bend = max((to_y - y) / 2, 16)
    return f"M{x:.0f} {y:.0f}C{x:.0f} {y + bend:.0f} {to_x:.0f} {to_y - bend:.0f} {to_x:.0f} {to_y:.0f}"
