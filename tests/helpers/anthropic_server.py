"""A server on this machine that speaks Anthropic's messages and batches; see `batch_server.py`."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from batch_server import BatchServer

ENDED = {"completed", "expired", "cancelled"}


def plain(body: dict) -> dict:
    """A request as OpenAI would get it, for `answer`."""
    messages = [
        {**message, "content": "".join(part["text"] for part in message["content"])}
        for message in body["messages"]
    ]
    return body | {"messages": messages}


def message(reply: dict) -> dict:
    """A chat completion as a message of Anthropic's."""
    choice, usage = reply["choices"][0], reply["usage"]
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "served",
        "content": [{"type": "text", "text": choice["message"]["content"]}],
        "stop_reason": {"stop": "end_turn", "length": "max_tokens"}[choice["finish_reason"]],
        "stop_sequence": None,
        "usage": {"input_tokens": usage["prompt_tokens"], "output_tokens": usage["completion_tokens"]},
    }


class AnthropicServer(BatchServer):
    """Answers as `BatchServer` does; `answer` gives chat completions, or an error of Anthropic's."""

    def event_of(self, method: str, path: str) -> str:
        """What a request is about."""
        parts = path.partition("?")[0].strip("/").split("/")
        if parts == ["v1", "messages"]:
            return "chat"
        if len(parts) == 3:
            return "create" if method == "POST" else "list"
        return {"results": "content", "cancel": "cancel"}.get(parts[-1], "look")

    def ask(self, body: dict) -> tuple[int, dict]:
        """Answer a question, and note it."""
        status, reply = super().ask(plain(body))
        return status, message(reply) if status == 200 else reply

    def effect(self, event: str, path: str, headers: dict, data: bytes) -> tuple[int, dict | bytes]:
        """Do what a request asks for."""
        assert headers["Anthropic-Version"]
        parts, _, query = path.partition("?")
        name = (parts.split("/") + [""] * 5)[4]
        if event == "create":
            self.features = headers.get("Anthropic-Beta", "")
            lines = [
                {"custom_id": line["custom_id"], "method": "POST", "url": "", "body": line["params"]}
                for line in json.loads(data)["requests"]
            ]
            file = self.keep("\n".join(json.dumps(line) for line in lines).encode())
            given = {"input_file_id": file, "endpoint": "", "completion_window": "", "metadata": None}
            return 200, self.told(self.create(given))
        if event == "list":
            page = self.list(
                {key.replace("_id", ""): text for key, text in (pair.split("=") for pair in query.split("&"))}
            )["data"]
            more = bool(page) and page[-1]["id"] != next(iter(self.batches))
            last = page[-1]["id"] if page else None
            return 200, {"data": [self.told(batch) for batch in page], "has_more": more, "last_id": last}
        if event == "look":
            return 200, self.told(self.look(name))
        if event == "content":
            return 200, self.results(self.batches[name])
        status, reply = super().effect(event, f"/v1/batches/{name}/x", headers, data)
        return status, reply if event == "chat" else self.told(reply)

    def told(self, batch: dict) -> dict:
        """A batch as Anthropic tells of it."""
        ended, counts = batch["status"] in ENDED, batch["request_counts"]
        done = {"succeeded": counts["completed"], "errored": counts["failed"]}
        return {
            "id": batch["id"],
            "type": "message_batch",
            "processing_status": "ended"
            if ended
            else {"cancelling": "canceling"}.get(batch["status"], "in_progress"),
            "created_at": datetime.fromtimestamp(batch["created_at"], UTC).isoformat().replace("+00:00", "Z"),
            "request_counts": {"processing": 0, **done} if ended else {"processing": counts["total"]},
        }

    def results(self, batch: dict) -> bytes:
        """The results of a batch that has ended."""
        lines = []
        for name in ("output_file_id", "error_file_id"):
            for text in self.files.get(batch.get(name), b"").splitlines():
                line = json.loads(text)
                found = line["response"]
                if found is None:
                    result = {"type": batch["status"].replace("cancelled", "canceled")}
                elif found["status_code"] == 200:
                    result = {"type": "succeeded", "message": found["body"]}
                else:
                    result = {"type": "errored", "error": found["body"]}
                lines.append(json.dumps({"custom_id": line["custom_id"], "result": result}))
        return "\n".join([*lines, "{", "null"]).encode()
