"""Say in a job's log that its command was killed: by what, what it held, what there was, what to change.

    python workflow_scripts/processes/explain_kill.py 137 workflow_scripts/training/train.py 2>>train.log

The shell of a job calls it (rules/common.smk) where a command ended by a signal, with its status and its
words. It reads the note that the command kept of itself (`skillift.processes.killed_jobs`) and removes it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.processes.killed_jobs import ADVICE, OTHERS, explained, note_file, own_log, read_note, signal_of
from skillift.stages import rule_named


def main(argv: list[str] | None = None) -> None:
    """Print one line to the standard error, if a signal ended the command that no user sends to stop it."""
    status, *command = sys.argv[1:] if argv is None else argv
    found = signal_of(int(status))
    if found is None:
        return
    name = Path(next((word for word in command if word.endswith(".py")), "the command")).stem
    note, log = None, own_log()
    if log is not None and "STATE" in os.environ:
        file = note_file(os.environ["STATE"], log)
        note = read_note(file)
        file.unlink(missing_ok=True)
    advice = ADVICE.get(rule_named(name).work or "", OTHERS)
    print(f"error: {name} was {explained(found, note, advice)}", file=sys.stderr)


if __name__ == "__main__":
    main()
