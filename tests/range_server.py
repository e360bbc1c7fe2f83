"""A web server on the loopback that serves parts of files, as those for data do."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


class RangeHandler(SimpleHTTPRequestHandler):
    """Serves parts of files; `body` is for servers that have faults."""

    protocol_version = "HTTP/1.1"

    def body(self, content: bytes, begin: int, end: int) -> bytes:
        """Return what is sent of a file for a part of it."""
        return content[begin:end]

    def do_GET(self) -> None:
        """Send a file, or the part of it that is asked for."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        begin = int(asked[1]) if asked else 0
        end = len(content)
        if asked and asked[2]:
            end = min(end, int(asked[2]) + 1)
        body = self.body(content, begin, end)
        self.send_response(206 if asked else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(body)))
        if asked:
            where = f"bytes {begin}-{end - 1}/{len(content)}"
            self.send_header("Content-Range", where)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that are gone."""


@contextmanager
def serving(folder: Path, how: type[RangeHandler] = RangeHandler) -> Iterator[str]:
    """Serve a folder; yield its URL."""
    server = _Server(("127.0.0.1", 0), partial(how, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
