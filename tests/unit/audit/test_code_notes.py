"""Notes of the code behind digests: what the audit names functions from."""

from __future__ import annotations

import pytest

from skillift import provenance
from skillift.audit.code_notes import NotedCode, note_code
from skillift.audit.plan import Trigger
from skillift.audit.reasons import changed_code

COMMAND = "from lib import parsing\n\ndef main(argv=None):\n    return parsing.parse(argv)\n"
PARSING = "def parse(text):\n    return text\n\ndef unused(text):\n    return None\n"


@pytest.fixture
def taken(tmp_path, monkeypatch):
    """Writes `lib/parsing.py`, and takes the digest of a command that calls it."""
    monkeypatch.setattr(provenance, "_behind", {})
    scripts = tmp_path / "scripts"
    (scripts / "lib").mkdir(parents=True)
    (scripts / "lib/__init__.py").touch()
    (scripts / "judge.py").write_text(COMMAND, encoding="utf-8")

    def take(parsing: str) -> str:
        (scripts / "lib/parsing.py").write_text(parsing, encoding="utf-8")
        for cached in (provenance._file, provenance._parse, provenance._read_symbol):
            cached.cache_clear()
        return provenance.code_digest("judge.py", scripts=scripts)

    return take


def test_what_was_noted_at_a_run_names_the_function_that_was_edited_since(taken, tmp_path, monkeypatch):
    before = taken(PARSING)
    note_code(tmp_path / "notes")
    monkeypatch.setattr(provenance, "_behind", {})  # another process, later
    after = taken(PARSING.replace("return text", "return text.strip()"))
    notes = NotedCode(tmp_path / "notes")
    assert changed_code(Trigger("code", before, after), notes) == "code: lib.parsing.parse"


def test_code_that_the_command_cannot_reach_is_not_noted(taken):
    digest = taken(PARSING)
    assert set(provenance.code_behind()[digest]) == {"judge:*", "lib.parsing:parse", "lib.parsing:"}


@pytest.mark.parametrize("text", [None, "", "{"], ids=["missing", "empty", "cut"])
def test_notes_that_cannot_be_read_leave_the_names_unsaid(taken, tmp_path, monkeypatch, text):
    before = taken(PARSING)
    note_code(tmp_path / "notes")
    (note,) = (tmp_path / "notes").iterdir()
    note.unlink()
    if text is not None:
        note.write_text(text, encoding="utf-8")
    monkeypatch.setattr(provenance, "_behind", {})
    after = taken(PARSING.replace("return text", "return text.strip()"))
    found = changed_code(Trigger("code", before, after), NotedCode(tmp_path / "notes"))
    assert found == "code that it reaches"
