"""What a session costs: the server's CPU and bytes for a page, its memory, a browser's first load.

``python -m benchmarks.sessions --write docs/scaling.json`` needs chromium. The server shows a
recording of Haxby's size; whatever a page asks for is computed before it is measured, so that these
are the costs of showing. CPU is the server process' own, of all its threads.
"""

import argparse
import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from websockets.asyncio.client import ClientConnection

from benchmarks.measuring.recording import full_size_folder, full_size_subject
from benchmarks.measuring.store import keep
from benchmarks.service import BRAIN, CHART, NUMBERS
from benchmarks.visitors.thirty import choices, pages
from benchmarks.visitors.websocket import ask, open_session, prime
from decoding import prepare
from decoding.spec import DecodingSpec, link_to

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from visitor import CHROMIUM, FLAGS, app_server, server_pid

N_FIRST, N_SESSIONS = 50, 200
"""The first sessions take memory that the server has to spare already."""
N_LOOKS = 5
TICKS = os.sysconf("SC_CLK_TCK")


class Counted:
    """A connection that counts the bytes that it receives."""

    def __init__(self, socket: ClientConnection) -> None:
        self.send, self._socket, self.n_bytes = socket.send, socket, 0

    async def recv(self, *, decode: bool) -> bytes:
        """Return the next message."""
        message = await self._socket.recv(decode=decode)
        assert isinstance(message, bytes), "every answer is binary"
        self.n_bytes += len(message)
        return message


class Server:
    """A server's process, as the system sees it."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")

    @property
    def cpu_s(self) -> float:
        """Seconds of CPU so far."""
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def memory_mb(self) -> float:
        """Memory that no file backs, in MB."""
        status = (self._folder / "status").read_text()
        return int(re.findall(r"RssAnon:\s+(\d+)", status)[0]) / 1024


async def look(address: str, page: str, spec: DecodingSpec, server: Server) -> dict[str, float]:
    """Return what a page costs that new sessions open, each for the first time."""
    cpu, n_bytes = server.cpu_s, 0
    for _ in range(N_LOOKS):
        async with open_session(address) as socket:
            counted = Counted(socket)
            answer = await ask(counted, page, spec)  # type: ignore[arg-type]
            assert not answer.errors, answer.errors
            n_bytes += counted.n_bytes
    return {
        "cpu_s": round((server.cpu_s - cpu) / N_LOOKS, 3),
        "websocket_kb": round(n_bytes / N_LOOKS / 1000),
    }


async def change(address: str, specs: list[DecodingSpec], server: Server) -> dict[str, float]:
    """Return what it costs to change a choice on Decode to one that is computed."""
    async with open_session(address) as socket:
        await ask(socket, "decode", specs[0])
        counted, cpu = Counted(socket), server.cpu_s
        for spec in specs[1:]:
            await ask(counted, "decode", spec)  # type: ignore[arg-type]
    n = len(specs) - 1
    return {
        "cpu_s": round((server.cpu_s - cpu) / n, 3),
        "websocket_kb": round(counted.n_bytes / n / 1000),
    }


async def hold(address: str, specs: list[DecodingSpec], server: Server) -> dict[str, float]:
    """Return the memory of sessions that stay open, all on Decode."""
    before, held, sockets = server.memory_mb, [], []
    for number in range(N_SESSIONS):
        sockets.append(await open_session(address))
        await ask(sockets[-1], "decode", specs[number % len(specs)])
        held.append(server.memory_mb)
    each = (held[-1] - held[N_FIRST - 1]) / (N_SESSIONS - N_FIRST)
    await asyncio.gather(*[socket.close() for socket in sockets])
    return {"mb_each": round(each, 2), "n": N_SESSIONS, "server_mb": round(before)}


def first_load(address: str, spec: DecodingSpec) -> dict[str, float]:
    """Return the kB that a browser receives for Decode, new and again, files and WebSocket."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_context().new_page()
        page.set_default_timeout(90_000)
        found: dict[str, float] = {}
        for kind in ("new", "again"):
            with received(page) as n_bytes:
                page.goto(address + link_to("decode", spec))
                page.locator(NUMBERS).first.wait_for()
                page.locator(CHART).first.wait_for()
                page.frame_locator(BRAIN).first.locator("canvas").first.wait_for()
                page.wait_for_timeout(2000)
            found |= {f"{kind}_{part}_kb": round(n / 1000) for part, n in n_bytes.items()}
        browser.close()
    return found


@contextmanager
def received(page: Page) -> Iterator[dict[str, int]]:
    """Count what a page's browser receives, as sent over the network."""
    n_bytes = {"files": 0, "websocket": 0}
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")

    def add_file(event):
        n_bytes["files"] += int(event["encodedDataLength"])

    def add_frame(event):
        response = event["response"]
        n_letters = len(response["payloadData"])
        n_bytes["websocket"] += n_letters * 3 // 4 if response["opcode"] == 2 else n_letters

    network.on("Network.loadingFinished", add_file)
    network.on("Network.webSocketFrameReceived", add_frame)
    yield n_bytes
    network.detach()


async def measure(address: str, write: Path | None) -> None:
    """Measure every page, a changed choice, and open sessions."""
    server, specs = Server(server_pid(address)), choices("1")
    await prime(address, "decode", specs)
    for page in pages():
        await prime(address, page, specs[:1])
        report(write, page or "home", await look(address, page, specs[0], server))
    report(write, "change", await change(address, specs, server))
    report(write, "open", await hold(address, specs, server))


def report(write: Path | None, row: str, values: dict[str, float]) -> None:
    """Print a row, and keep it where it is asked for."""
    print(f"{row:12} {values}", flush=True)
    if write:
        keep(write, "sessions", row, values)


def main() -> None:
    """Print what each costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, metavar="F.json", help="keep what is measured")
    write = parser.parse_args().write
    prepare.main()
    full_size_subject()
    with (
        tempfile.TemporaryDirectory() as scratch,
        app_server(full_size_folder(), Path(scratch) / "log") as address,
    ):
        asyncio.run(measure(address, write))
        report(write, "browser", first_load(address, choices("1")[0]))


if __name__ == "__main__":
    main()
