"""The picture of the rules in the README is of these rules."""

from __future__ import annotations

import re

from projects import copy_project, started_snakemake


def test_the_picture_of_the_rules_shows_every_stage(repository, tmp_path):
    finished = started_snakemake(copy_project(tmp_path / "project"), "--rulegraph", "dot")
    assert finished.returncode == 0, finished.stdout
    rules = set(re.findall(r'label = "(\w+)"', finished.stdout)) - {"all"}
    drawn = set(re.findall(r">(\w+)</text>", (repository / "docs/rulegraph.svg").read_text()))
    published = {name for name in rules if name.startswith("make_")}
    assert drawn - published == rules - published, "run `make pictures`"
    assert drawn & published
