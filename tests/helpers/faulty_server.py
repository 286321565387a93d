"""A server that speaks the OpenAI chat API on this machine, badly.

    python tests/helpers/faulty_server.py --help

It answers judge prompts as `offline/conclusion` does, so every verdict is known beforehand, after `--delay`
seconds. A share of the requests meets a fault in place of an answer, chosen by seed, request and attempt.
Each line of the log is the time, an event and a hash of the request's body: `arrived`, then `answered` once
the whole answer was written, or the name of the fault.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "workflow_scripts"
SERVED_MODEL = "served"
OVERLOAD = ("429", "500", "503", "429 Retry-After")
OTHERS = ("reset", "stall", "empty choices", "invalid JSON", "truncated body", "wrong content type")


def completion(text: str) -> dict:
    """A reply of the OpenAI chat API."""
    message = {"role": "assistant", "content": text}
    return {
        "id": "reply",
        "object": "chat.completion",
        "created": 0,
        "model": SERVED_MODEL,
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }


class FaultyServer:
    """Answers, faults and the log of one server; `options` are the command's."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.log = options.log.open("a", encoding="utf-8", buffering=1)
        self.attempts: Counter[str] = Counter()

    def note(self, event: str, key: str) -> None:
        """Write one line of the log."""
        self.log.write(f"{time.time():.3f}\t{event}\t{key}\n")

    def fate(self, key: str) -> str:
        """What happens to this attempt of a request: a fault's name, `slow stream` or an empty text."""
        self.attempts[key] += 1
        draw = random.Random(f"{self.options.seed} {key} {self.attempts[key]}")
        number = draw.random()
        if number < self.options.overload:
            return draw.choice(OVERLOAD)
        if number < self.options.overload + self.options.others:
            return draw.choice(OTHERS)
        return "slow stream" if draw.random() < self.options.slow else ""

    async def handle(self, request):
        """One request; a client that hung up meanwhile is noted as `gone`."""
        from aiohttp import web

        body = await request.read()
        key = hashlib.sha256(body).hexdigest()[:16]
        try:
            return await self.treat(request, body, key)
        except ConnectionError:
            self.note("gone", key)
            return web.Response()

    async def treat(self, request, body: bytes, key: str):
        """Answer, or fail."""
        from aiohttp import web

        from skillift.chat import offline_judges

        self.note("arrived", key)
        fate = self.fate(key)
        if fate not in ("", "slow stream"):
            self.note(fate, key)
            return await self.fail(request, fate)
        await asyncio.sleep(self.options.delay)
        prompt = json.loads(body)["messages"][0]["content"]
        data = json.dumps(completion(offline_judges.reply("conclusion", prompt))).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(data))}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        size = -(-len(data) // 5) if fate else len(data)
        for start in range(0, len(data), size):
            await response.write(data[start : start + size])
            await asyncio.sleep(0.02 if fate else 0)
        await response.write_eof()
        self.note("answered", key)
        return response

    async def fail(self, request, fate: str):
        """Do to the client what `fate` says."""
        from aiohttp import web

        data = json.dumps(completion("lost")).encode()
        if fate in OVERLOAD:
            code, _, more = fate.partition(" ")
            headers = {more: str(self.options.retry_after)} if more else {}
            return web.json_response({"error": {"message": "overloaded"}}, status=int(code), headers=headers)
        if fate == "stall":
            await asyncio.sleep(self.options.stall)
        if fate in ("stall", "reset"):
            if request.transport is None:
                raise ConnectionResetError
            linger = struct.pack("ii", 1, 0)  # closing sends a reset
            request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            request.transport.abort()
            return web.Response()
        if fate == "truncated body":
            response = web.StreamResponse(headers={"Content-Length": str(len(data))})
            await response.prepare(request)
            await response.write(data[:40])
            request.transport.close()
            return response
        if fate == "empty choices":
            return web.json_response(completion("lost") | {"choices": []})
        if fate == "invalid JSON":
            return web.Response(body=data[:40], content_type="application/json")
        return web.Response(text="<html>Bad gateway</html>", content_type="text/html")


@contextmanager
def faulty_server(log: Path, **options: object) -> Iterator[str]:
    """Run the server as a process of its own on a free port; yields its address. Options as the command's."""
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    command = [sys.executable, __file__, f"--log={log}", *arguments]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def lines(log: Path) -> list[tuple[float, str, str]]:
    """Time, event and request of each whole line of a log."""
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    parts = [line.split("\t") for line in text[: text.rfind("\n") + 1].splitlines()]
    return [(float(seconds), event, key) for seconds, event, key in parts]


def events(log: Path) -> Counter[tuple[str, str]]:
    """How often each (event, request) stands in a log."""
    return Counter((event, key) for _, event, key in lines(log))


def answered(log: Path) -> Counter[str]:
    """How often each request was answered."""
    return Counter({key: times for (event, key), times in events(log).items() if event == "answered"})


async def _serve(options: argparse.Namespace) -> None:
    from aiohttp import web

    app = web.Application(client_max_size=2**24)
    app.router.add_post("/v1/chat/completions", FaultyServer(options).handle)
    models = {"object": "list", "data": [{"id": SERVED_MODEL, "object": "model"}]}
    app.router.add_get("/v1/models", lambda _: web.json_response(models))  # noted nowhere: it is no call
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(options.life)


def main() -> None:
    """Serve until killed, or until the end of the server's life."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--log", type=Path, required=True, help="file that events are added to")
    parser.add_argument("--seed", type=int, default=0, help="chooses the faults")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before an answer")
    parser.add_argument("--overload", type=float, default=0.0, help="share of 429, 500 and 503")
    parser.add_argument("--others", type=float, default=0.0, help=f"share of {', '.join(OTHERS)}")
    parser.add_argument("--slow", type=float, default=0.0, help="share of answers that come in pieces")
    parser.add_argument("--stall", type=float, default=20.0, help="seconds of a stall")
    parser.add_argument("--retry-after", type=float, default=1.0, help="seconds that Retry-After asks for")
    parser.add_argument("--life", type=float, default=900.0, help="seconds until it ends by itself")
    sys.path[:0] = [str(SCRIPTS)]
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
