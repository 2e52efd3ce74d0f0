"""What the server does when it starts, and when it ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from streamlit.starlette import App

from decoding.service.compiling import compile_kernels, stop_compiling


@asynccontextmanager
async def prepared(_app: App) -> AsyncIterator[None]:
    """Have the kernels compiled while the server runs."""
    compile_kernels()
    try:
        yield
    finally:
        stop_compiling()
