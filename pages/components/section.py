"""A part of a page that may fail, or be late, without taking the rest with it."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from decoding import __version__
from decoding.errors import DecodingError
from pages.components.jobs import show_job
from pages.components.service import Unfinished

LOG = logging.getLogger("voxelscope")


@contextmanager
def section() -> Iterator[None]:
    """Show what the user can mend as it stands; log anything else and show its id only."""
    try:
        yield
    except Unfinished as waiting:
        show_job(waiting.ticket)
    except DecodingError as error:
        st.error(str(error), icon=":material/error:")
    except Exception:
        number = secrets.token_hex(3)
        LOG.exception("error %s, version %s, %s", number, __version__, dict(st.query_params))
        st.error(
            f"Something went wrong that is not your doing. It is logged as {number}; please "
            "report it with the address of this page.",
            icon=":material/bug_report:",
        )
