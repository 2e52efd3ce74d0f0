"""Visitors with scans of their own, without a browser: they upload as the app's own page does."""

import asyncio
import tempfile
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import nibabel as nib
import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection

from benchmarks.visitors.websocket import Answer, ask, read_answer
from decoding.datasets.base import Subject
from decoding.datasets.own.reading import read_own
from decoding.datasets.own.receive import receive
from decoding.datasets.own.upload import sort_files
from decoding.datasets.simulated.parameters import SimulationParameters
from decoding.datasets.simulated.write import simulate_subject
from decoding.spec import DecodingSpec, link_to

PAGE, NAME = "your_data", "my scan"
N_SLICES = 6
READ, USE = "Read these files", "Use them on every page"


@lru_cache(maxsize=1)
def own_files() -> dict[str, bytes]:
    """Return a simulated recording of all runs with its labels and a mask: slices of 5 mm.

    So small that eleven visitors upload it within the default limit of all uploads.
    """
    with tempfile.TemporaryDirectory() as scratch:
        simulate_subject(Path(scratch), SimulationParameters(subject=2))
        (folder,) = Path(scratch).glob("haxby2001/subj*")
        mask = nib.load(folder / "mask4_vt.nii.gz")
        low = int(mask.get_fdata().any(axis=(0, 1)).argmax())
        files = {"labels.txt": (folder / "labels.txt").read_bytes()}
        for name, file in (("bold.nii.gz", "bold.nii.gz"), ("vt_mask.nii.gz", mask.get_filename())):
            part = Path(scratch) / name
            nib.load(folder / file).slicer[:, :, low : low + N_SLICES].to_filename(part)
            files[name] = part.read_bytes()
    return files


def read_own_files(folder: Path) -> Subject:
    """Return the files as they are read when somebody has uploaded them, in a folder of ours."""
    upload = sort_files((name, BytesIO(content)) for name, content in own_files().items())
    return read_own(receive(upload, folder), NAME, folder)


async def bring(address: str, socket: ClientConnection, spec: DecodingSpec) -> None:
    """Upload the files in a session that looks at a recording, and use them on every page."""
    answer = await ask(socket, PAGE, spec)
    places = await _places(socket, answer.session, list(own_files()))
    await asyncio.to_thread(_put, address, places)
    sent = WidgetState(id=answer.widgets["uploader"])
    for place, (name, content) in zip(places, own_files().items(), strict=True):
        sent.file_uploader_state_value.uploaded_file_info.add(
            name=name, size=len(content), file_id=place.file_id, file_urls=place
        )
    for button in (READ, USE):
        answer = await _change(socket, spec, sent)
        assert button in answer.widgets, answer.errors
        pressed = WidgetState(id=answer.widgets[button], trigger_value=True)
        answer = await _change(socket, spec, sent, pressed)
        assert not answer.errors, answer.errors
    while USE in answer.widgets:
        await asyncio.sleep(0.5)
        answer = await _change(socket, spec)


async def _places(socket: ClientConnection, session: str, names: list[str]) -> list[FileURLs]:
    """Ask where files are to be sent."""
    message = BackMsg()
    message.file_urls_request.session_id = session
    message.file_urls_request.file_names.extend(names)
    await socket.send(message.SerializeToString())
    while True:
        told = ForwardMsg.FromString(await socket.recv(decode=False))
        if told.WhichOneof("type") == "file_urls_response":
            return list(told.file_urls_response.file_urls)


def _put(address: str, places: list[FileURLs]) -> None:
    """Send the files, with the token that the server asks back."""
    with requests.Session() as browser:
        browser.get(f"{address}/_stcore/health", timeout=60)
        token = {"X-Xsrftoken": browser.cookies["_streamlit_xsrf"]}
        for place, (name, content) in zip(places, own_files().items(), strict=True):
            sent = browser.put(
                address + place.upload_url,
                files={name: (name, content)},
                headers=token,
                timeout=60,
            )
            sent.raise_for_status()


async def _change(socket: ClientConnection, spec: DecodingSpec, *states: WidgetState) -> Answer:
    """Have the page run with what its widgets are set to."""
    message = BackMsg()
    message.rerun_script.page_name = PAGE
    message.rerun_script.query_string = link_to(PAGE, spec).partition("?")[2]
    message.rerun_script.widget_states.widgets.extend(states)
    return await read_answer(socket, message)
