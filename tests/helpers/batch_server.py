"""A server on this machine that speaks OpenAI's files and batches, and its chat API, and keeps a log.

It answers judge prompts as `offline/conclusion` does. A batch is done once it was looked at a number of
times. Faults are given by what they hit: see `BatchServer`. A held request is not replied to, so its client
can be killed at a known point.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler

from loopback import serve
from stub_models import chat_completion

from skillift.chat import offline_judges


def verdict(body: dict) -> tuple[int, dict]:
    """Status and reply to one question: an offline judge's."""
    return 200, chat_completion(offline_judges.reply("conclusion", body["messages"][0]["content"]))


@dataclass
class BatchServer:
    """State, log and faults of one server.

    Attributes:
        answer: status and reply to a question, whether it comes in a batch or not.
        looks: how often a batch is still under way when it is looked at.
        hold: (`before` or `after`, event, number) of the request that gets no reply, before or after it took
            effect; the first of an event has the number 1.
        fail: status codes that the next requests of an event get in place of an effect; 0 drops the
            connection, and so does -1, but after the effect.
        end: how the batch with that number (from 0) ends, in place of `completed`.
        edit: changes the lines of the result files before they are handed out.
        log: (event, what of); events are `upload`, `create`, `list`, `look`, `content`, `chat`, `cancel`,
            and `answered` for each question.
        held: set once a request is being held.
    """

    answer: Callable[[dict], tuple[int, dict]] = verdict
    looks: int = 1
    hold: tuple[str, str, int] | None = None
    fail: dict[str, list[int]] = field(default_factory=dict)
    end: dict[int, str] = field(default_factory=dict)
    edit: Callable[[list[str]], list[str]] = list
    log: list[tuple[str, str]] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict] = {}
        self.seen: Counter[str] = Counter()
        self.authorizations: set[str] = set()
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def count(self, event: str) -> int:
        """How often an event came about."""
        return sum(name == event for name, _ in self.log)

    def answered(self) -> Counter[str]:
        """How often each question was answered, by its messages."""
        return Counter(what for event, what in self.log if event == "answered")

    def ask(self, body: dict) -> tuple[int, dict]:
        """Answer a question, and note it."""
        status, reply = self.answer(body)
        if status == 200:
            self.log.append(("answered", json.dumps(body["messages"])))
        return status, reply

    def keep(self, content: bytes) -> str:
        """Keep a file; returns its name."""
        name = f"file-{next(self._numbers)}"
        self.files[name] = content
        return name

    def upload(self, content_type: str, data: bytes) -> dict:
        """A file from a form."""
        form = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + data)
        parts = {part.get_param("name", header="content-disposition"): part for part in form.get_payload()}
        assert parts["purpose"].get_payload().strip() == "batch"
        name = self.keep(parts["file"].get_payload(decode=True))
        named = {"filename": parts["file"].get_filename(), "purpose": "batch", "status": "processed"}
        return {"id": name, "object": "file", "bytes": 1, "created_at": int(time.time()), **named}

    def create(self, body: dict) -> dict:
        """A batch of an uploaded file."""
        lines = [json.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
        assert all((line["method"], line["url"]) == ("POST", body["endpoint"]) for line in lines)
        assert len({line["custom_id"] for line in lines}) == len(lines)
        number = len(self.batches)
        batch = {
            "id": f"batch_{number}",
            "object": "batch",
            "endpoint": body["endpoint"],
            "completion_window": body["completion_window"],
            "input_file_id": body["input_file_id"],
            "metadata": body["metadata"],
            "status": "in_progress",
            "created_at": int(time.time()),
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
        }
        self.batches[batch["id"]] = batch
        return batch

    def look(self, name: str) -> dict:
        """A batch, one look nearer to its end."""
        batch = self.batches[name]
        self.seen[name] += 1
        if batch["status"] == "cancelling":
            self.finish(batch, "cancelled")
        elif batch["status"] == "in_progress" and self.seen[name] > self.looks:
            self.finish(batch, self.end.get(list(self.batches).index(name), "completed"))
        return batch

    def finish(self, batch: dict, status: str) -> None:
        """End a batch; all questions of one that completed are answered, and half of those of others."""
        batch["status"] = status
        if status == "failed":
            error = {"code": "token_limit_exceeded", "message": "too many tokens are enqueued", "line": None}
            batch["errors"] = {"object": "list", "data": [error]}
            return
        lines = [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
        n_asked = len(lines) if status == "completed" else len(lines) // 2
        files: dict[str, list[str]] = {"output_file_id": [], "error_file_id": []}
        for number, line in enumerate(lines):
            result = {"id": f"r{number}", "custom_id": line["custom_id"], "response": None, "error": None}
            code = 0
            if number < n_asked:
                code, reply = self.ask(line["body"])
                result["response"] = {"status_code": code, "request_id": "r", "body": reply}
            else:
                result["error"] = {"code": f"batch_{status}", "message": "not asked in time"}
            files["output_file_id" if code == 200 else "error_file_id"].append(json.dumps(result))
        n_done = len(files["output_file_id"])
        batch["request_counts"] |= {"completed": n_done, "failed": len(lines) - n_done}
        for name, results in files.items():
            if results:
                # in another order than asked
                batch[name] = self.keep("\n".join(self.edit(results[::-1])).encode())

    def list(self, query: dict[str, str]) -> dict:
        """The batches, newest first."""
        names = list(self.batches)[::-1]
        start = names.index(query["after"]) + 1 if "after" in query else 0
        page = names[start : start + int(query.get("limit", 20))]
        return {"object": "list", "data": [self.batches[name] for name in page], "has_more": False}

    def treat(self, event: str, path: str, headers: dict, data: bytes) -> tuple[int, bytes] | None:
        """Status and reply to a request; None to drop the connection."""
        with self._lock:
            if event != "other":
                self.authorizations.add(headers.get("Authorization", ""))
            code = self.fail[event].pop(0) if self.fail.get(event) else 200
            if code == 0:
                self.log.append((f"dropped {event}", path))
                return None
            if code > 200:
                self.log.append((f"refused {event}", path))
                told = f"no {event} now, {headers.get('Authorization', headers.get('X-Api-Key'))}"
                return code, json.dumps({"error": {"message": told}}).encode()
            self._hold("before", event)
            status, reply = self.effect(event, path, headers, data)
            self.log.append((event, path))
            self._hold("after", event)
            if code == -1:
                return None
            return status, reply if isinstance(reply, bytes) else json.dumps(reply).encode()

    def effect(self, event: str, path: str, headers: dict, data: bytes) -> tuple[int, dict | bytes]:
        """Do what a request asks for."""
        parts, _, query = path.partition("?")
        name = parts.split("/")[3] if parts.count("/") > 2 else ""
        if event == "chat":
            return self.ask(json.loads(data))
        if event == "upload":
            return 200, self.upload(headers["Content-Type"], data)
        if event == "create":
            return 200, self.create(json.loads(data))
        if event == "list":
            return 200, self.list(dict(pair.split("=") for pair in query.split("&")))
        if event == "content":
            return 200, self.files[name]
        if event == "other":
            return 404, {"error": {"message": "none"}}
        if event == "cancel":
            self.batches[name]["status"] = "cancelling"
            return 200, self.batches[name]
        return (200, self.look(name)) if name in self.batches else (404, {"error": {"message": "none"}})

    def event_of(self, method: str, path: str) -> str:
        """What a request is about."""
        parts = path.partition("?")[0].strip("/").split("/")
        if parts[1] == "chat":
            return "chat"
        if parts[1] == "files":
            return "upload" if method == "POST" else "content"
        if parts[1] != "batches":
            return "other"  # litellm asks some servers for their models
        if len(parts) == 2:
            return "create" if method == "POST" else "list"
        return "cancel" if parts[-1] == "cancel" else "look"

    def _hold(self, when: str, event: str) -> None:
        number = self.count(event) + (when == "before")
        if self.hold == (when, event, number):
            self.hold = None
            self.held.set()
            raise TimeoutError


@contextmanager
def serving(server: BatchServer) -> Iterator[str]:
    """Serve on a free port; yields the address."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            event = server.event_of(self.command, self.path)
            try:
                headers = {name.title(): text for name, text in self.headers.items()}
                found = server.treat(event, self.path, headers, data)
            except TimeoutError:
                over.wait(60)
                found = None
            if found is None:
                self.close_connection = True
                return
            status, reply = found
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        do_GET = do_POST

        def log_message(self, *_):
            pass

    with serve(Handler) as address:
        try:
            yield f"{address}/v1"
        finally:
            over.set()
