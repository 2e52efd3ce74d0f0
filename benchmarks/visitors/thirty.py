"""Thirty visitors at once: on every page, of a full-size recording and of scans of their own."""

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from itertools import cycle, islice, product
from pathlib import Path
from time import perf_counter

from websockets.asyncio.client import ClientConnection

from benchmarks.measuring.recording import full_size_folder
from benchmarks.visitors.uploads import NAME, bring, read_own_files
from benchmarks.visitors.websocket import Answer, ask, change_choices, finish, open_session
from decoding.analyses import decode
from decoding.datasets import load_subject
from decoding.spec import DecodingSpec

BUSY = {"classifier": "svc"}
QUICK_PAGES = ("", "data", "decode")
FEWER = {"pairs": {"null": "99_0"}}
"""Fewer relabellings than the page's own, which take minutes before anything can be timed."""
N_VISITORS, EVERY_S, VISIT_S, LOOK_S = 30, 10.0, 60.0, 30.0


def pages() -> list[str]:
    """Return the addresses of all pages."""
    folder = Path(__file__).parents[2] / "pages"
    return ["", *sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")]


def choices(subject: str) -> list[DecodingSpec]:
    """Return what 30 visitors choose from: two masks, two pairs, two schemes."""
    return _choices(DecodingSpec(subject=subject), ("vt", "face"))


def _choices(spec: DecodingSpec, masks: tuple[str, ...]) -> list[DecodingSpec]:
    return [
        replace(spec, mask=mask, conditions=pair, cv=cv)
        for mask, pair, cv in product(
            masks, (("cat", "face"), ("bottle", "shoe")), ("leave_one_run_out", "kfold")
        )
    ]


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What a visitor looks at: a page, what is chosen from, and whether it is of own scans."""

    page: str
    specs: list[DecodingSpec]
    is_own: bool = False

    @property
    def name(self) -> str:
        """The page, and whose scans."""
        return f"{self.page or 'home'}{' (own scans)' if self.is_own else ''}"


def visits(subject: str) -> list[Visit]:
    """Return a visit of each page, then one of each with own scans.

    Where a choice takes a minute there are two: of two masks, or of two pairs of own scans.
    """
    own = _choices(DecodingSpec(dataset="own", subject=NAME), ("vt",))
    return [
        Visit(
            page=page, specs=every[:: 1 if page in QUICK_PAGES else len(every) // 2], is_own=is_own
        )
        for every, is_own in ((choices(subject), False), (own, True))
        for page in pages()
    ]


async def come(address: str, visit: Visit, subject: str, stack: AsyncExitStack) -> ClientConnection:
    """Return a visitor's session, in which all choices are computed; say how long it took."""
    start = perf_counter()
    socket = await stack.enter_async_context(open_session(address))
    if visit.is_own:
        await bring(address, socket, choices(subject)[0])
    await finish(socket, visit.page, visit.specs, FEWER.get(visit.page))
    print(f"{visit.name}: computed in {perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return socket


async def time_answers(address: str, subject: str) -> dict[str, list[float]]:
    """Time what 30 visitors wait for, by page, while whole-brain maps are made."""
    expected = expected_scores(subject)
    several = [*islice(cycle(visits(subject)), N_VISITORS)]
    assert {visit.name for visit in several} == {visit.name for visit in visits(subject)}
    pairs = (("cat", "face"), ("bottle", "shoe"), ("chair", "house"))
    maps = [DecodingSpec(subject=subject, conditions=pair) for pair in pairs]
    async with AsyncExitStack() as stack:
        sockets = [await come(address, visit, subject, stack) for visit in several]
        busy = await stack.enter_async_context(open_session(address))
        looking = asyncio.create_task(keep_looking(busy, maps))
        answers = await asyncio.gather(
            *[
                change_choices(
                    socket, visit.page, visit.specs, EVERY_S, VISIT_S, seed, FEWER.get(visit.page)
                )
                for seed, (socket, visit) in enumerate(zip(sockets, several, strict=True))
            ]
        )
        looking.cancel()
    async with open_session(address) as busy:
        last = await ask(busy, "searchlight", maps[-1], BUSY)
    assert last.n_bars, "the whole-brain maps were done before the visitors left"
    seconds: dict[str, list[float]] = {}
    for visit, found in zip(several, answers, strict=True):
        check_answers(visit, found, expected)
        seconds.setdefault(visit.name, []).extend(answer.seconds for _, answer in found)
    return seconds


def expected_scores(subject: str) -> dict[DecodingSpec, str]:
    """Return the score of each choice on Decode, computed here."""
    recording = load_subject("haxby", subject, full_size_folder())
    with tempfile.TemporaryDirectory() as scratch:
        own = read_own_files(Path(scratch) / "own")
        return {
            spec: f"{decode.run(own if visit.is_own else recording, spec).accuracy:.3f}"
            for visit in visits(subject)
            if visit.page == "decode"
            for spec in visit.specs
        }


def check_answers(
    visit: Visit, answers: list[tuple[DecodingSpec, Answer]], expected: dict[DecodingSpec, str]
) -> None:
    """Assert that no answer is an error, nor about other scans, and that scores are right."""
    for spec, answer in answers:
        assert not answer.errors, (visit.name, answer.errors)
        assert not any("visit that has ended" in note for note in answer.notes), visit.name
        if visit.page == "decode":
            assert answer.metrics["Accuracy"] == expected[spec], (spec, answer.metrics)


async def keep_looking(socket: ClientConnection, maps: list[DecodingSpec]) -> None:
    """Ask for maps twice a minute, as a page does that shows them: unseen work would stop."""
    while True:
        for spec in maps:
            await ask(socket, "searchlight", spec, BUSY)
        await asyncio.sleep(LOOK_S)
