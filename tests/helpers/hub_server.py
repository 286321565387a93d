"""A model hub on this machine that speaks as much of the Hugging Face hub's HTTP API as is used here."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from loopback import serve

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = (".safetensors", "tokenizer.json")  # stored apart, and named by SHA-256


def digest(path: Path) -> str:
    """The digest that a hub records for a file."""
    data = path.read_bytes()
    if path.name.endswith(LARGE):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(f"blob {len(data)}\0".encode() + data).hexdigest()


def _tree(folder: Path) -> list[dict]:
    entries = []
    for path in sorted(folder.iterdir()):
        size, name = path.stat().st_size, digest(path)
        large = {"lfs": {"oid": name, "size": size, "pointerSize": 128}} if len(name) == 64 else {}
        entries.append({"type": "file", "path": path.name, "size": size, "oid": name[:40], **large})
    return entries


@contextmanager
def hub(model: str, folder: Path, error: str = "", corrupt: str = "") -> Iterator[tuple[str, list[str]]]:
    """Serve one model; yields the hub's address and the list that requests are added to.

    Args:
        model: `<owner>/<name>`.
        folder: its files; what is uploaded is written there.
        error: the hub's error code for every request, such as `GatedRepo`.
        corrupt: a file that is served with another content than its digest says.
    """
    arrived: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self):
            self.treat(body=False)

        def do_POST(self):
            """What an upload needs: a repository, and a commit that holds every file itself."""
            content = self.rfile.read(int(self.headers["Content-Length"]))
            arrived.append(self.path)
            if error:
                return self.reply(403, {"X-Error-Code": error}, b"", True)
            if self.path == "/api/repos/create":
                kind = "datasets/" * (json.loads(content).get("type") == "dataset")
                answer = {"url": f"http://{self.headers['Host']}/{kind}{model}"}
            elif self.path == "/api/validate-yaml":
                answer = {"warnings": [], "errors": []}
            elif "/preupload/" in self.path:
                files = [file["path"] for file in json.loads(content)["files"]]
                answer = {
                    "files": [
                        {"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in files
                    ]
                }
            else:
                for line in map(json.loads, content.splitlines()):
                    if line["key"] == "file":
                        path = folder / line["value"]["path"]
                        path.write_bytes(base64.b64decode(line["value"]["content"]))
                url = f"http://{self.headers['Host']}/{model}/commit/{COMMIT}"
                answer = {"commitUrl": url, "commitOid": COMMIT}
            return self.reply(200, {}, json.dumps(answer).encode(), True)

        def do_GET(self):
            arrived.append(self.path)
            self.treat(body=True)

        def treat(self, body: bool):
            path = self.path.partition("?")[0]
            api, files = f"/api/models/{model}/revision/", f"/{model}/resolve/"
            if error:
                return self.reply(403 if error == "GatedRepo" else 404, {"X-Error-Code": error}, b"", body)
            if path.startswith(api):
                if path.removeprefix(api) not in ("main", COMMIT):
                    return self.reply(404, {"X-Error-Code": "RevisionNotFound"}, b"", body)
                siblings = [{"rfilename": file.name} for file in sorted(folder.iterdir())]
                info = {"id": model, "sha": COMMIT, "siblings": siblings, "tags": [], "private": False}
                return self.reply(200, {}, json.dumps(info).encode(), body)
            if path == f"/api/models/{model}/tree/{COMMIT}":
                return self.reply(200, {}, json.dumps(_tree(folder)).encode(), body)
            if path.startswith(files):
                file = folder / path.removeprefix(files).partition("/")[2]
                if file.is_file():
                    data = file.read_bytes()
                    headers = {"ETag": f'"{digest(file)}"', "X-Repo-Commit": COMMIT}
                    return self.reply(200, headers, data[::-1] if file.name == corrupt else data, body)
            return self.reply(404, {"X-Error-Code": "RepoNotFound"}, b"", body)

        def reply(self, status: int, headers: dict[str, str], data: bytes, body: bool):
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            if body:
                self.wfile.write(data)

        def log_message(self, *_):
            pass

    with serve(Handler) as address:
        yield address, arrived
