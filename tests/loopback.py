"""An HTTP server on loopback that serves a folder and can behave as badly as servers do."""

import contextlib
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Loopback:
    """What the server serves, how, and what it was asked.

    `cuts` are numbers of bytes: each answer to a GET of a tarball uses the first one up and drops
    the connection after so many. `redirect` is another folder's address, to which all is sent on;
    `page` is a type and a text that come in place of every file.
    """

    folder: Path
    url: str = ""
    ranges: bool = True
    gzip_is_an_encoding: bool = False
    tells_length: bool = True
    delay: float = 0.0
    redirect: str = ""
    page: tuple = ()
    cuts: list = field(default_factory=list)
    requests: list = field(default_factory=list)

    def gets(self, suffix=".tar.gz"):
        """Return the GET requests for files of a kind, in order: (Range, bytes sent)."""
        return [
            (request["range"], request["sent"])
            for request in self.requests
            if request["method"] == "GET" and request["path"].endswith(suffix)
        ]


@contextlib.contextmanager
def serving(folder, certificate=None, **behaviour):
    """Serve `folder` on a free port of loopback, by https with a certificate that is given."""
    state = Loopback(folder=Path(folder), **behaviour)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.daemon_threads = True
    state.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}/data"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port():
    """Return the address of a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/data"


def _handler(state):
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args):
            pass

        def do_HEAD(self):
            self._answer(send=False)

        def do_GET(self):
            self._answer(send=True)

        def _answer(self, send):
            entry = {
                "method": self.command,
                "path": self.path,
                "range": self.headers.get("Range"),
                "sent": 0,
            }
            state.requests.append(entry)
            name = self.path.removeprefix("/data/")
            if state.redirect or state.page:
                self._something_else(name)
                return
            path = state.folder / name
            if not path.is_file():
                self.send_error(404)
                return
            content = path.read_bytes()
            start = int(entry["range"][6:-1]) if entry["range"] and state.ranges else 0
            if start and start >= len(content):
                self.send_error(416)
                return
            self._headers(path, content, start)
            if send:
                self._send(entry, content[start:], path.name.endswith(".tar.gz"))

        def _something_else(self, name):
            kind, text = state.page or ("", "")
            self.send_response(302 if state.redirect else 200)
            self.send_header("Location", f"{state.redirect}/{name}")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def _headers(self, path, content, start):
            self.send_response(206 if start else 200)
            if state.tells_length:
                self.send_header("Content-Length", str(len(content) - start))
            if start:
                self.send_header(
                    "Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}"
                )
            if state.gzip_is_an_encoding and path.suffix == ".gz":
                self.send_header("Content-Encoding", "x-gzip")
            self.end_headers()

        def _send(self, entry, content, may_cut):
            cut = state.cuts.pop(0) if may_cut and state.cuts else None
            content = content[:cut]
            for start in range(0, len(content), 1 << 16):
                piece = content[start : start + (1 << 16)]
                entry["sent"] += len(piece)  # before it is sent: who has it may ask at once
                self.wfile.write(piece)
                time.sleep(state.delay)

    return Handler
