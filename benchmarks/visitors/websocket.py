"""Visitors without a browser: they speak Streamlit's WebSocket protocol, as many as are wanted."""

import asyncio
import random
from dataclasses import dataclass, field
from time import perf_counter

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from decoding.spec import DecodingSpec, link_to

LARGEST = 64 << 20
PATIENCE_S = 120.0


@dataclass
class Answer:
    """What the server sent between a message and the end of the run that it caused."""

    seconds: float = 0.0
    metrics: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    n_bars: int = 0
    session: str = ""
    widgets: dict[str, str] = field(default_factory=dict)


async def ask(
    socket: ClientConnection, page: str, spec: DecodingSpec, extra: dict[str, str] | None = None
) -> Answer:
    """Choose a spec on a page and read until the page has answered."""
    message = BackMsg()
    message.rerun_script.page_name = page
    message.rerun_script.query_string = link_to(page, spec, extra).partition("?")[2]
    return await read_answer(socket, message)


async def read_answer(socket: ClientConnection, message: BackMsg) -> Answer:
    """Send a message and read until the run that it causes has ended."""
    answer, start = Answer(), perf_counter()
    await socket.send(message.SerializeToString())
    async with asyncio.timeout(PATIENCE_S):
        while not _read(answer, ForwardMsg.FromString(await socket.recv(decode=False))):
            pass
    answer.seconds = perf_counter() - start
    return answer


def _read(answer: Answer, message: ForwardMsg) -> bool:
    """Take in one message; tell whether it is the last."""
    if message.WhichOneof("type") == "script_finished":
        return message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
    if message.WhichOneof("type") == "new_session":
        answer.session = message.new_session.initialize.session_id
        answer.widgets.clear()  # of a run that was ended for another
    element = message.delta.new_element
    kind = element.WhichOneof("type")
    if kind == "metric":
        answer.metrics[element.metric.label] = element.metric.body
    elif kind == "exception":
        answer.errors.append(element.exception.message)
    elif kind == "alert":
        is_error = element.alert.format == element.alert.ERROR
        (answer.errors if is_error else answer.notes).append(element.alert.body)
    elif kind == "progress":
        answer.n_bars += 1
    elif kind == "button":
        answer.widgets[element.button.label] = element.button.id
    elif kind == "file_uploader":
        answer.widgets["uploader"] = element.file_uploader.id
    return False


def open_session(address: str) -> connect:
    """Connect as the app's own page does."""
    return connect(
        address.replace("http", "ws", 1) + "/_stcore/stream",
        subprotocols=[Subprotocol("streamlit")],
        max_size=LARGEST,
        open_timeout=PATIENCE_S,
    )


async def prime(address: str, page: str, specs: list[DecodingSpec]) -> None:
    """Ask in a session of its own for each choice until all of it is computed; see `finish`."""
    async with open_session(address) as socket:
        await finish(socket, page, specs)


async def finish(
    socket: ClientConnection,
    page: str,
    specs: list[DecodingSpec],
    extra: dict[str, str] | None = None,
) -> None:
    """Ask for each choice until nothing of its page is still being computed."""
    for spec in specs:
        while (await ask(socket, page, spec, extra)).n_bars:
            await asyncio.sleep(1)


async def change_choices(
    socket: ClientConnection,
    page: str,
    specs: list[DecodingSpec],
    every: float,
    seconds: float,
    seed: int,
    extra: dict[str, str] | None = None,
) -> list[tuple[DecodingSpec, Answer]]:
    """Change a choice every so often for a while, beginning somewhere within the first interval."""
    rng = random.Random(seed)
    answers = []
    await asyncio.sleep(rng.uniform(0, every))
    await ask(socket, page, rng.choice(specs), extra)
    until = perf_counter() + seconds
    while (now := perf_counter()) < until:
        spec = rng.choice(specs)
        answers.append((spec, await ask(socket, page, spec, extra)))
        await asyncio.sleep(max(0.0, now + every - perf_counter()))
    return answers
