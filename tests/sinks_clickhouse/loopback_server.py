"""The embedded engine behind ClickHouse's HTTP interface, as far as a client needs it: `loopback_server.py FOLDER`.

Says its port on the first line. Takes queries in the URL or the body, settings and parameters in the URL, and rows of
an insert after its first line. Compression and sessions are not offered.
"""

from __future__ import annotations

import re
import sys
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import chdb

OWN = (
    "query",
    "database",
    "client_protocol_version",
    "compress",
    "wait_end_of_query",
    "query_id",
    "http_headers_progress",
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body in one packet
    folder = ""

    def do_GET(self) -> None:
        self.answer(200, b"Ok.\n", {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or self.chunks()
        given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        try:
            self.answer(200, run(self.folder, given, body), {"X-ClickHouse-Format": "TabSeparated"})
        except RuntimeError as error:
            code = re.search(r"Code: (\d+)", str(error))
            self.answer(500, str(error).encode(), {"X-ClickHouse-Exception-Code": code[1] if code else "1"})

    def chunks(self) -> bytes:
        parts: list[bytes] = []
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
        return b"".join(parts)

    def answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content)), "X-ClickHouse-Timezone": "UTC"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def run(folder: str, given: dict[str, str], body: bytes) -> bytes:
    session = chdb.connect(folder)
    try:
        settings = {name: value for name, value in given.items() if name not in OWN and not name.startswith("param_")}
        for name in sorted(settings, key=lambda name: name == "readonly"):
            session.query(f"SET {name} = '{settings[name]}'")
        first, _, rows = body.partition(b"\n")
        if first.startswith(b"INSERT") and first.endswith(b"FORMAT Native"):
            with tempfile.NamedTemporaryFile() as file:
                file.write(rows)
                file.flush()
                sql = first.decode().replace(" FORMAT Native", f" FROM INFILE '{file.name}' FORMAT Native")
                return bytes(session.query(sql).bytes() or b"")
        sql = given.get("query", "") + body.decode()
        parameters = {name.removeprefix("param_"): value for name, value in given.items() if name.startswith("param_")}
        return bytes(session.query(sql, "TabSeparated", params=parameters).bytes() or b"")
    finally:
        session.close()


def main() -> None:
    Handler.folder = sys.argv[1]
    held = chdb.connect(Handler.folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
    held.close()


if __name__ == "__main__":
    main()
