"""The app under visitors who ask for too much: 200 tabs at once, 100 long computations of one.

``python -m benchmarks.crowd`` needs no browser. Each of 200 tabs that open Home at once is answered
or told that it is full, without an error; the server's memory is read before, and again when
Streamlit has forgotten the tabs that were closed. Then one visitor asks for 100 whole-brain maps by
an SVM, one after another, while another decodes what nobody has decoded before.
"""

import asyncio
import tempfile
from itertools import combinations
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.measuring.recording import full_size_folder, full_size_subject
from benchmarks.measuring.rows import print_row
from benchmarks.service import app_server, server_pid
from benchmarks.sessions import Server
from benchmarks.visitors.thirty import BUSY
from benchmarks.visitors.websocket import Answer, ask, open_session, prime
from decoding import prepare
from decoding.limits import SESSIONS
from decoding.spec import DecodingSpec

N_TABS, N_ROUNDS, FORGOTTEN_S = 200, 3, 130.0
N_LONG, N_DECODED = 100, 12
CATEGORIES = ("bottle", "cat", "chair", "face", "house", "scissors", "scrambledpix", "shoe")
HOME = DecodingSpec(subject="1")


async def open_at_once(address: str) -> list[Answer]:
    """Return the answers to as many tabs, each held open until all are answered."""
    all_answered = asyncio.Barrier(N_TABS)

    async def visit() -> Answer:
        async with open_session(address) as socket:
            answer = await ask(socket, "", HOME)
            await all_answered.wait()
            return answer

    return await asyncio.gather(*[visit() for _ in range(N_TABS)])


async def crowd(address: str) -> None:
    """Print how long 200 tabs wait, and what they leave in the server's memory."""
    server = Server(server_pid(address))
    await prime(address, "", [HOME])
    answers = await open_at_once(address)
    assert not any(answer.errors for answer in answers), answers
    shown = [answer for answer in answers if answer.metrics]
    full = [answer for answer in answers if any("full here" in note for note in answer.notes)]
    assert (len(shown), len(full)) == (SESSIONS.value, N_TABS - SESSIONS.value)
    note = (
        f"{N_TABS} tabs open Home at once: {len(shown)} are answered, {len(full)} told it is full"
    )
    last = max(answer.seconds for answer in answers)
    print_row("service_crowd", "the last one is answered", last, None, "s", 30, note)
    await asyncio.sleep(FORGOTTEN_S)
    before = server.memory_mb
    for _ in range(N_ROUNDS):
        await open_at_once(address)
        await asyncio.sleep(FORGOTTEN_S)
    left = server.memory_mb - before
    note = f"{N_ROUNDS} times {N_TABS} more, after Streamlit forgot them; {before:.0f} MB before"
    print_row("service_crowd", "memory that is not given back", left, None, "MB", 20, note)


def fresh(mask: str) -> list[DecodingSpec]:
    """Return selections of each two categories in a mask."""
    return [
        DecodingSpec(subject="1", mask=mask, conditions=two) for two in combinations(CATEGORIES, 2)
    ]


async def decode_each(address: str, specs: list[DecodingSpec]) -> list[float]:
    """Return the seconds to each score."""
    found = []
    async with open_session(address) as socket:
        for spec in specs:
            start, answer = perf_counter(), Answer()
            while not answer.metrics:
                answer = await ask(socket, "decode", spec)
                assert not answer.errors, answer.errors
            found.append(perf_counter() - start)
    return found


async def ask_for_much(address: str) -> None:
    """Ask for 100 long computations, and wait for all of them as one would who reloads."""
    maps = [spec for mask in ("brain", "vt", "face", "house") for spec in fresh(mask)]
    async with open_session(address) as socket:
        for spec in maps[:N_LONG]:
            await ask(socket, "searchlight", spec, BUSY)
        await asyncio.sleep(600)


async def fairness(address: str) -> None:
    """Print by how much one visitor's 100 long computations delay another's decodings."""
    await prime(address, "decode", fresh("house")[:2])
    alone = await decode_each(address, fresh("vt")[:N_DECODED])
    much = asyncio.create_task(ask_for_much(address))
    await asyncio.sleep(5)
    beside = await decode_each(address, fresh("face")[:N_DECODED])
    assert not much.done()
    much.cancel()
    note = f"the worst of {N_DECODED} new decodings, each beside its like without; medians "
    note += f"{median(alone):.2f} s without, {median(beside):.2f} s with"
    late = max(other - one for one, other in zip(alone, beside, strict=True))
    print_row(
        "service_fair", f"delay by {N_LONG} long jobs of one visitor", late, None, "s", 1, note
    )


def main() -> None:
    """Print the rows."""
    prepare.main()
    full_size_subject()
    with tempfile.TemporaryDirectory() as scratch:
        for measure in (fairness, crowd):
            with app_server(full_size_folder(), Path(scratch) / measure.__name__) as address:
                asyncio.run(measure(address))


if __name__ == "__main__":
    main()
