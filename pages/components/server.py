"""What the server does when it starts, and when it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from streamlit import config
from streamlit.starlette import App

from decoding.datasets.own.home import begin_server_folder
from decoding.errors import CannotWriteError
from decoding.limits import MEGABYTE, UPLOAD, check_limits
from decoding.room import make_room
from decoding.service.compiling import compile_kernels, stop_compiling
from decoding.service.memory import collect_now_and_then
from pages.components.faults import log_no_messages
from pages.components.fetch import fetch_at_start


@asynccontextmanager
async def prepared(_app: App) -> AsyncIterator[None]:
    """Have limits hold, logs tell nothing of visitors, kernels compiled and recordings fetched.

    It does not start with a limit that cannot be read: a `LimitError` names it.
    """
    check_limits()
    config.set_option("server.maxUploadSize", UPLOAD.value // MEGABYTE)
    config.set_option("runner.postScriptGC", False)
    collecting = asyncio.create_task(collect_now_and_then())
    log_no_messages()
    with suppress(CannotWriteError, OSError):  # a cache that can only be read
        begin_server_folder()  # and what a killed server has left of uploads is gone
        make_room()  # and of all else
    compile_kernels()
    fetch_at_start()
    try:
        yield
    finally:
        collecting.cancel()
        stop_compiling()
