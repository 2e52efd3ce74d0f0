"""Bringing files: what happens with them, what each is taken for, and where they are listed."""

from typing import NoReturn

import pandas as pd
import streamlit as st

from decoding import limits
from decoding.datasets.image_table import numbers_apart
from decoding.datasets.own.home import begin_server_folder
from decoding.datasets.own.upload import (
    IMAGE_BYTES,
    MEGABYTE,
    REMEDY,
    ROLES,
    File,
    Role,
    Upload,
    base_name,
    check_room,
    size_of,
    sort_files,
    with_samples,
)
from decoding.errors import DecodingError
from decoding.numbers import number_text, size_text
from pages.components.display import table_height
from pages.components.own import (
    MOST_LETTERS,
    PENDING,
    OwnScan,
    discard,
    free_name,
    free_room,
    read_scan,
    receive_scan,
    replaced_text,
)
from pages.components.section import section
from pages.components.terms import say, say_small
from pages.components.url_state import draw_anew

_TURN = "own_turn"
PRIVACY = (
    "Your files stay in this visit. Nobody else can see them, and closing or reloading this page "
    "deletes them and all that was made of them. No name and nothing in them is logged. Leave out "
    "what names a person."
)
KINDS = {
    "Scans with events": "a recording of each run, and for each run a table with onset, duration "
    "and trial_type.",
    "Scans with labels": "the recording, and a text with the header 'labels chunks' and one row a "
    "volume: its category and its run.",
    "Images with a table": "betas or t maps, one a sample, and a table with the columns file, "
    "label and run.",
}
BESIDES = (
    "If you have them, add masks ('mask' in the name), label images of regions ('dseg'), an "
    "anatomy ('T1w'), tables of confounds as fMRIPrep writes them, and a sidecar (.json) with the "
    "repetition time."
)
WHOLE_FOLDER = "a whole folder"


def show_uploader() -> bool:
    """Say what happens with files before any is taken, then take them and show what each is.

    Return whether there are files that are not read yet.

    A `CannotWriteError` in place of all that where the server can keep none.
    """
    begin_server_folder()
    say(PRIVACY)
    room = free_room()
    say_small(
        f"A file may have {room.a_file // MEGABYTE} MB, and {room.unpacked // MEGABYTE} MB when it "
        f"is unpacked (a mask or an anatomy {IMAGE_BYTES // MEGABYTE} MB); "
        f"{room.in_all // MEGABYTE} MB are free at the moment, of what all visitors share."
    )
    say(REMEDY, before="**Is yours larger?** ")
    with st.expander("Which files are needed"):
        for kind, files in KINDS.items():
            say(files, before=f"**{kind}:** ")
        say(BESIDES)
    turn = st.session_state.setdefault(_TURN, 0)
    how = st.radio("Bring", ["files", WHOLE_FOLDER], key="own_how", horizontal=True)
    brought = st.file_uploader(
        "NIfTI files (.nii, .nii.gz) and the tables that belong to them",
        accept_multiple_files="directory" if how == WHOLE_FOLDER else True,
        key=f"own_files_{turn}_{how}",
        max_upload_size=limits.UPLOAD.value // MEGABYTE,
    )
    if brought:
        with section():
            _take([(file.name, file) for file in brought])
        if st.button("Start again with no files", key="own_empty"):
            _empty_uploader()
    return bool(brought)


def _empty_uploader() -> NoReturn:
    st.session_state[_TURN] += 1  # a new uploader is empty: the bytes are let go
    draw_anew()


def _take(files: list[File]) -> None:
    upload = _correct_roles(sort_files(files))
    check_room(upload, free_room())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"own_name_{st.session_state[_TURN]}"
        usual = free_name("my scan")
        name = st.text_input("Call it", usual, max_chars=MOST_LETTERS, key=key, width=260)
        is_asked = st.button("Read these files", type="primary", key="own_read")
    if replaced := replaced_text(name):
        say_small(replaced)
    if is_asked:
        st.session_state[PENDING] = _received(name, upload)
        _empty_uploader()


def _received(name: str, upload: Upload) -> OwnScan:
    """Receive an upload; what no choice of categories can mend is refused while it is still here.

    So one file can be changed for another, and the rest need not be uploaded again.
    """
    scan = OwnScan(name=name, received=receive_scan(upload))
    if scan.received.layout != "events":  # of events another column may be what is needed
        try:
            read_scan(scan)
        except DecodingError:
            discard(scan.received)
            raise
    return scan


def _correct_roles(upload: Upload) -> Upload:
    """Show what each file is taken for, and take it for what the visitor says."""
    rows = [
        (role, file)
        for role in ROLES
        for file in sorted(upload.files.get(role, ()), key=lambda file: numbers_apart(file[0]))
    ]
    sizes = [size_of(file) for _, (_, file) in rows]
    say_small(f"{number_text(len(rows), 'file')}, {size_text(sum(sizes))} in all.")
    taken = "is taken for"
    table = pd.DataFrame(
        {
            "file": [base_name(name) for _, (name, _) in rows],
            "size": [size_text(size) for size in sizes],
            taken: [ROLES[role] for role, _ in rows],
        }
    )
    edited = st.data_editor(
        table,
        key=f"own_roles_{st.session_state[_TURN]}",
        disabled=["file", "size"],
        hide_index=True,
        column_order=[taken, "file", "size"],
        height=table_height(len(table), 8),
        column_config={
            taken: st.column_config.SelectboxColumn(options=[*ROLES.values()], required=True),
        },
        alt="Your files, their sizes, and what each is taken for",
    )
    by_words = {words: role for role, words in ROLES.items()}
    corrected: dict[Role, list[File]] = {}
    for words, (_, file) in zip(edited[taken], rows, strict=True):
        corrected.setdefault(by_words[words], []).append(file)
    return with_samples(corrected)
