"""What a job that is killed leaves behind: what it held in memory, what there was, and which key to change.

A job cannot say how it was killed. While it runs, a thread of it notes the most that it and its processes
have held, in a small file that is named after its log; a job that ends by itself removes it. What started it,
or the run that ends with it, makes a sentence of that.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import signal
import stat
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from skillift.processes.memory import GIB, gib, kills, memory, resident

FOLDER = "memory"  # below the state of a study
_LEAST = GIB // 2  # what a job holds before it is noted
_GROWTH = 1.05
_INTERVAL_S = 0.5
_CHILDREN_EVERY = 10  # looks: to find what a process started, all processes of the machine are gone through
_STOPPED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)  # by a user, or with a reader

# what to change where a job takes too much memory, by its `work` (`skillift.stages`)
ADVICE = {
    "training": "In config.yaml set a smaller `training.device_batch_size`, or "
    "`training.gradient_checkpointing: true`; in the study `inference.precision: bfloat16`, a smaller "
    "student or shorter rows.",
    "answering": "In config.yaml lower `engine.kv_cache_gib`, `engine.max_num_seqs` or "
    "`engine.data_parallel`; in the study set `inference.precision: bfloat16`, or take a smaller student.",
    "pretraining": "In the study give the student a smaller `architecture`.",
}
_UNKNOWN_CAUSE = "by hand, or by the kernel or the batch system for want of memory"
OTHERS = "Fewer jobs at once (`--cores`) leave each more."


@dataclass(frozen=True)
class Note:
    """What was seen of a running job.

    Attributes:
        held: the most that it and its processes held at once (bytes).
        available: what it could have when that was seen, besides what it held (bytes).
        total: of the machine or of the control group that left least (bytes).
        place: which of them, in words.
        kills: how many processes the kernel had ended for memory when it began; None where it does not say.
    """

    held: int
    available: int
    total: int
    place: str
    kills: int | None = None


def note_file(state: Path | str, log: Path | str) -> Path:
    """Where the note of the job with that log stands."""
    name = hashlib.sha256(os.path.realpath(log).encode()).hexdigest()[:16]
    return Path(state, FOLDER, f"{name}.json")


def own_log() -> Path | None:
    """The file that this process writes its errors to; None where that is no file."""
    with contextlib.suppress(OSError):
        if stat.S_ISREG(os.fstat(2).st_mode):
            return Path("/proc/self/fd/2").readlink()
    return None


class MemoryWatch(threading.Thread):
    """Notes the most that this process and those it started have held.

    Attributes:
        note: of now; None while it is little.
    """

    def __init__(self, file: Path | None) -> None:
        super().__init__(daemon=True, name="memory watch")
        self.file, self._kills, self._looks = file, kills(), 0
        self.note: Note | None = None
        self._children: list[int] = []
        self._ended = threading.Event()

    def run(self) -> None:
        """Look until the process ends."""
        while not self._ended.wait(_INTERVAL_S):
            self.look()

    def look(self) -> None:
        """Note the memory of this process and its children, where it is much more than noted before."""
        import psutil

        self._looks += 1
        if self._looks % _CHILDREN_EVERY == 0:
            self._children = [child.pid for child in psutil.Process().children(recursive=True)]
        held = resident() + sum(resident(child) for child in self._children)
        if held < max(_LEAST, _GROWTH * (self.note.held if self.note else 0)):
            return
        there = memory()
        self.note = Note(held, there.available, there.total, there.place, self._kills)
        if self.file is not None:
            with contextlib.suppress(OSError):  # a note is no reason to fail
                self.file.parent.mkdir(parents=True, exist_ok=True)
                self.file.write_text(json.dumps(asdict(self.note)), encoding="utf-8")

    def end(self) -> None:
        """Look no more; what was noted is not needed."""
        self._ended.set()
        if self.file is not None:
            with contextlib.suppress(OSError):
                self.file.unlink()


_watch: MemoryWatch | None = None


def watch_memory(state: str) -> None:
    """Note what this job holds from now on, for `explained`; until it ends by itself.

    Args:
        state: the study's folder of state.
    """
    global _watch
    log = own_log()
    if _watch is None:
        _watch = MemoryWatch(note_file(state, log) if log else None)
        _watch.start()
        atexit.register(_watch.end)


def read_note(file: Path) -> Note | None:
    """The note of a job that did not end by itself, if it held much."""
    try:
        return Note(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def own_note() -> Note | None:
    """What has been seen of this very job, for one whose process was killed."""
    return _watch.note if _watch is not None else None


def signal_of(status: int) -> signal.Signals | None:
    """The signal that ended a process: of a shell's status (128 and the signal) or of Python's (negative).

    None where none did, or one that comes of a user's stop.
    """
    number = -status if status < 0 else status - 128
    try:
        found = signal.Signals(number)
    except ValueError:
        return None
    return None if found in _STOPPED else found


def explained(found: signal.Signals | None, note: Note | None, advice: str) -> str:
    """In words: by which signal a process ended, what it held, what there was, what to change.

    Args:
        found: the signal; None where it is not known.
        note: what was seen of it.
        advice: what to change where it was memory.
    """
    if found not in (None, signal.SIGKILL):
        crash = "That is a crash of a library"
        held = f"; it held {gib(note.held)}" if note else ""
        return f"ended by {found.name} (signal {found.value}). {crash}{held}. The same command tries again."
    by = "killed" if found is None else f"killed by {found.name} (signal {found.value})"
    if note is None:
        return f"{by}: {_UNKNOWN_CAUSE}. If it was memory: {advice}"
    more = kills()
    if note.kills is not None and more is not None and more > note.kills:
        why = "the kernel has ended processes for want of memory since it began"
    else:
        why = _UNKNOWN_CAUSE
    return (
        f"{by}: {why}. It held {gib(note.held)} when last seen, with {gib(note.available)} more to be had "
        f"of the {gib(note.total)} of {note.place}. If it was memory: {advice}"
    )
