"""A tool's API on loopback: a real server that answers as the tool documents, and stumbles where it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None


@dataclass(frozen=True)
class Told:
    """One answer."""

    content: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Answers = Callable[[Asked], Told]


@dataclass
class Tool:
    """What a tool answers. `stumbles` are said first, one each to requests whose path begins as told."""

    answers: Answers
    address: str = ""
    asked: list[Asked] = field(default_factory=list)
    stumbles: list[tuple[str, Told]] = field(default_factory=list)

    def answer(self, asked: Asked) -> Told:
        self.asked.append(asked)
        for place, (path, told) in enumerate(self.stumbles):
            if asked.path.startswith(path):
                del self.stumbles[place]
                return told
        return self.answers(asked)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


@contextmanager
def served(tool: Tool) -> Iterator[Tool]:
    """The tool, answering on a port of this machine until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self._answer(json.loads(self.rfile.read(length)))

        def _answer(self, body: Any) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            told = tool.answer(Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body))
            content = told.content if isinstance(told.content, bytes) else json.dumps(told.content).encode()
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    tool.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield tool
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
