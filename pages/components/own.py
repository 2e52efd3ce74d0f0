"""What a visitor has uploaded: kept for one session, and gone with it."""

import secrets
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from pathlib import Path
from typing import TypeVar

import streamlit as st
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from decoding import limits
from decoding.datasets.base import Subject
from decoding.datasets.own.columns import too_few_text
from decoding.datasets.own.dataset import OWN
from decoding.datasets.own.home import begin_server_folder, server_folder
from decoding.datasets.own.reading import read_own
from decoding.datasets.own.receive import receive
from decoding.datasets.own.received import Received, link_subject
from decoding.datasets.own.upload import Room, Upload
from decoding.datasets.text import checked_name
from decoding.errors import DataError, quoted
from decoding.numbers import number_text
from decoding.service.job import Reporter
from decoding.spec import AS_RECORDED, AS_WRITTEN, Categories, Reading

T = TypeVar("T")
MOST_LETTERS = 40
PENDING = "own_pending"
"""Where the session keeps what was received and is not used yet."""
FORGOTTEN: list[Callable[[str], None]] = []
"""What is to be told of an owner whose uploads are gone, to let go of what was made of them."""
_KEPT: dict[Path, int] = {}
"""The bytes of all visitors' uploads, by their folders."""
_LOCK = threading.RLock()


@dataclass(frozen=True, kw_only=True)
class OwnScan:
    """An upload under the name that its owner gave it, and what counts as a category in it."""

    name: str
    received: Received
    categories: Categories = AS_WRITTEN

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", " ".join(self.name.split()))

    @property
    def n_bytes(self) -> int:
        """The size of its files."""
        return _KEPT.get(self.received.folder.parent, 0)


@dataclass(frozen=True, kw_only=True)
class _Store:
    """A session's uploads; `home` is their folder, and that of all that is made of them."""

    home: Path
    scans: dict[str, OwnScan] = field(default_factory=dict)
    subjects: dict[tuple[str, Reading], Subject] = field(default_factory=dict)


def receive_scan(upload: Upload) -> Received:
    """Write an upload into the session's folder; after that no file of it is needed any more.

    It stays there until it is discarded, or the session ends. A `DecodingError` where it is too
    large, or what is needed is missing.
    """
    home = _begun().home
    folder = home / secrets.token_hex(4)
    with _LOCK:
        room = free_room()
        _KEPT[folder] = min(upload.n_bytes, room.in_all)
    try:
        return receive(upload, folder, room)
    except BaseException:
        _remove(folder)
        raise
    finally:
        if home.name not in _THERE:  # the visitor has left meanwhile
            _remove(home)


def read_otherwise(subject: Subject) -> Received:
    """Return a subject of the server's BIDS folder as if it were uploaded; nothing is copied.

    So a visitor's own categories can be read in it; kept, it is gone with the session.
    """
    return link_subject(subject, _begun().home / secrets.token_hex(4))


def free_room() -> Room:
    """Return how much may be uploaded: a file, and all together beside what all visitors have."""
    with _LOCK:
        left = limits.UPLOADS.value - sum(_KEPT.values())
        return Room(a_file=limits.UPLOAD.value, in_all=max(0, left))


def keep(name: str, received: Received, categories: Categories = AS_WRITTEN) -> Subject:
    """Keep an upload under a name, in place of what had it before; return it as it is read.

    A `DecodingError` where it cannot be read, has only one category, or the name is none: then it
    is not kept.
    """
    store = _store()
    scan = OwnScan(name=name, received=received, categories=categories)
    name = scan.name
    subject = read_scan(scan)
    if told := too_few_text(received, subject):
        raise DataError(told)
    if (before := store.scans.get(name)) and before.received.folder != received.folder:
        forget(name)
    store.scans[name] = scan
    for key in [key for key in store.subjects if key[0] == name]:
        del store.subjects[key]
    store.subjects[name, AS_RECORDED] = subject
    return subject


def read_scan(scan: OwnScan, reading: Reading = AS_RECORDED) -> Subject:
    """Return an upload as it is read, kept or not.

    A `DecodingError` where it cannot be read, or its name is none.
    """
    name = checked_name(scan.name, "The name of your scan")
    if not 0 < len(name) <= MOST_LETTERS:
        raise DataError(
            f"The name {quoted(name)} has {len(name)} letters; give it 1 to {MOST_LETTERS}."
        )
    reading = replace(reading, categories=scan.categories)
    return read_own(scan.received, scan.name, _store().home, reading)


def own_scans() -> dict[str, OwnScan]:
    """Return the session's uploads by name, in the order in which they were kept."""
    return dict(_store().scans) if get_script_run_ctx(suppress_warning=True) else {}


def free_name(name: str) -> str:
    """Return a name, or else the first with a number behind it, that no upload has yet."""
    scans = own_scans()
    numbered = (f"{name} {number}" for number in count(2))
    return next(one for one in chain([name], numbered) if one not in scans)


def replaced_text(name: str) -> str:
    """Say which upload another by that name is in place of; empty where there is none."""
    name = " ".join(name.split())
    if name not in own_scans():
        return ""
    before = _SessionScans().open(name, AS_RECORDED)
    held = number_text(len(before.volumes), before.each)
    return f"You have a scan of this name: using these files replaces {quoted(name)} ({held})."


def forget(name: str) -> None:
    """Delete an upload, and all that was made of the session's uploads."""
    store = _store()
    if scan := store.scans.pop(name, None):
        discard(scan.received)
        _forget_made(store)


def forget_all() -> None:
    """Delete all of the session's uploads, and all that was made of them."""
    _empty(_store())


def discard(received: Received) -> None:
    """Delete what was received, e.g. because it is not to be kept."""
    _remove(received.folder.parent)


def until_gone(owner: str, work: Callable[[Reporter], T]) -> Callable[[Reporter], T]:
    """Return work on a session's uploads, after which nothing is left of them if they are gone."""

    def run(report: Reporter) -> T:
        try:
            return work(report)
        finally:
            if owner not in _THERE:
                shutil.rmtree(server_folder() / owner, ignore_errors=True)

    return run


def _empty(store: _Store) -> None:
    store.scans.clear()
    _forget_made(store)
    _remove(store.home)


def _forget_made(store: _Store) -> None:
    store.subjects.clear()
    for tell in FORGOTTEN:
        tell(store.home.name)
    for made in ("tables", "backgrounds"):
        shutil.rmtree(store.home / made, ignore_errors=True)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with _LOCK:
        for kept in [kept for kept in _KEPT if kept.is_relative_to(folder)]:
            del _KEPT[kept]


def _end(store: _Store) -> None:
    _THERE.discard(store.home.name)
    if store.home.exists():  # or nothing was uploaded
        if exists():
            for _ in range(2):  # what was downloaded is marked first, and then removed
                get_instance().media_file_mgr.remove_orphaned_files()
        _empty(store)


# A reload ends a session, and so does a closed tab.
@st.cache_resource(scope="session", show_spinner=False, on_release=_end)
def _store() -> _Store:
    home = server_folder() / secrets.token_hex(16)
    _THERE.add(home.name)
    return _Store(home=home)


def _begun() -> _Store:
    """Return the session's store, in a folder that can be written; a `CannotWriteError` if none."""
    begin_server_folder()
    return _store()


_THERE: set[str] = set()
"""The owners whose sessions have not ended."""


class _SessionScans:
    """The uploads of the session that asks."""

    def names(self) -> Sequence[str]:
        return tuple(own_scans())

    def open(self, name: str, reading: Reading) -> Subject:
        store = _store()
        if (name, reading) not in store.subjects:
            store.subjects[name, reading] = read_scan(store.scans[name], reading)
        return store.subjects[name, reading]


OWN.scans = _SessionScans()
