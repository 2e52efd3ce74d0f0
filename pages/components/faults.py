"""What the log holds of a fault: where it arose and of what kind, never what a visitor brought.

The message of an error may quote a file or a name, so no message is logged.
"""

import logging
import secrets
import threading
import traceback
import warnings

from decoding import __version__
from pages.components.url_state import told_choices

LOG = logging.getLogger("voxelscope")


def log_fault(error: BaseException) -> str:
    """Log an error that nobody expected; return the short id by which it is found there."""
    number = secrets.token_hex(3)
    LOG.error("error %s, version %s, %s\n%s", number, __version__, told_choices(), trace_of(error))
    return number


def trace_of(error: BaseException | None) -> str:
    """Return the lines of code that an error came through, and the kind of each error before it."""
    parts: list[str] = []
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        parts += [type(error).__name__, *reversed(traceback.format_tb(error.__traceback__))]
        error = error.__cause__ or error.__context__
    return "\n".join(part.rstrip() for part in reversed(parts))


def log_no_messages() -> None:
    """Have no log line of this process say what an error or a warning says, whoever writes it."""
    make = logging.getLogRecordFactory()

    def without_message(*args: object, **kwargs: object) -> logging.LogRecord:
        record = make(*args, **kwargs)
        if record.exc_info:
            record.exc_text = trace_of(record.exc_info[1])
            record.exc_info = None
        return record

    logging.setLogRecordFactory(without_message)
    threading.excepthook = lambda told: LOG.error("a thread has ended", exc_info=told.exc_value)
    warnings.formatwarning = lambda message, category, filename, lineno, line=None: (
        f"{filename}:{lineno}: {category.__name__}\n"
    )
