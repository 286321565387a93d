"""A Python package index on this machine (PEP 503), and wheels for it that the tests make."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from loopback import serve

METADATA = "Author: Somebody\nLicense: MIT\n"


def write_wheel(
    folder: Path, package: str, version: str, files: Mapping[str, bytes], metadata: str = METADATA
) -> Path:
    """A wheel that holds some files, by their paths in it."""
    name = package.replace("-", "_")
    info = f"{name}-{version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
        archive.writestr(f"{info}/METADATA", head + metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


def settings(address: str) -> dict[str, str]:
    """Environment in which pip asks that index alone, whatever this machine is set to."""
    return {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": f"{address}/simple/",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",
        "PIP_TIMEOUT": "5",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


OTHERS = ("PIP_NO_INDEX", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_REQUIRE_VIRTUALENV")  # to be unset


@contextmanager
def index(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve the distributions of a folder; yields the address and the list that requests are added to."""
    arrived: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            arrived.append(self.path)
            files = sorted(path for path in folder.iterdir() if path.is_file())
            if self.path.startswith("/simple/"):
                package = self.path.split("/")[2]
                own = [path for path in files if path.name.replace("_", "-").startswith(f"{package}-")]
                links = "".join(
                    f'<a href="/files/{path.name}#sha256={hashlib.sha256(path.read_bytes()).hexdigest()}">'
                    f"{path.name}</a>"
                    for path in own
                )
                return self.reply(200 if own else 404, "text/html", f"<html>{links}</html>".encode())
            found = folder / self.path.removeprefix("/files/")
            if not found.is_file():
                return self.reply(404, "text/plain", b"")
            return self.reply(200, "application/zip", found.read_bytes())

        def reply(self, status: int, kind: str, content: bytes):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with serve(Handler) as address:
        yield address, arrived
