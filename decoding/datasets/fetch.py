"""Download one file: resumed where it was cut, checked against its MD5, with progress."""

import errno
import hashlib
import os
import re
import shutil
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3

from decoding.datasets.archive import is_web_page
from decoding.errors import FetchError
from decoding.progress import Progress, report

CONNECT_AND_READ_SECONDS = (10.0, 30.0)
PIECE = 1 << 16
# A connection lost half-way is taken up again at once, as often as this.
ATTEMPTS = 4


def remote_md5(sums_url: str, name: str) -> str | None:
    """Return the MD5 that a server's checksum file gives for `name`, None where it gives none."""
    try:
        reply = requests.get(sums_url, timeout=CONNECT_AND_READ_SECONDS)
        reply.raise_for_status()
    except requests.RequestException:
        return None
    sums = re.findall(r"^([0-9a-fA-F]{32}) [ *](\S+)\s*$", reply.text, flags=re.MULTILINE)
    return {file: md5.lower() for md5, file in sums}.get(name)


def fetch_file(
    url: str, target: Path, *, md5: str | None, on_progress: Progress | None = None
) -> Path:
    """Download `url` to `target`, which appears only once it is whole and its checksum is right.

    What arrives is kept in ``<target>.part``; the next call goes on from there.

    Parameters
    ----------
    target : Path
        In a folder that exists.
    md5 : str or None
        The expected checksum; None to take what comes.
    on_progress : callable or None
        Called with (bytes there are, bytes in all); the second is 0 where the server does not
        tell. It may raise `Cancelled`: the part file stays.

    Raises
    ------
    FetchError
        If the server is away or refuses, the disk is full, or the checksum is wrong (then the
        part file is deleted).
    """
    part = part_of(target)
    try:
        _download(url, part, on_progress)
        found = md5 and _md5_of(part)
        if found != md5:
            page = is_web_page(part)
            part.unlink()
            if page:
                raise FetchError(_web_page(url, target.name))
            raise FetchError(
                f"The checksum of {target.name} is wrong: MD5 {found} instead of {md5}. What was "
                "downloaded is damaged and was deleted."
            )
        part.replace(target)
    except OSError as error:
        raise FetchError(_disk_problem(part, error)) from error
    return target


def part_of(target: Path) -> Path:
    """Return the file that holds what has arrived of a download."""
    return target.with_name(f"{target.name}.part")


def size_of(path: Path) -> int:
    """Return the size of a file in bytes, 0 where there is none."""
    return path.stat().st_size if path.is_file() else 0


_AS_IT_IS = {"Accept-Encoding": "identity"}


def _download(url: str, part: Path, on_progress: Progress | None) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        before = size_of(part)
        try:
            _append(url, part, on_progress)
            return
        except requests.HTTPError as error:
            reply = error.response
            raise FetchError(
                f"{_servers(url, reply.url)} answered {reply.status_code} {reply.reason} to "
                f"{urlsplit(reply.url).path}."
            ) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            arrived = size_of(part)
            if arrived <= before or attempt == ATTEMPTS:
                raise FetchError(_interruption(url, error, arrived)) from error


def _append(url: str, part: Path, on_progress: Progress | None) -> None:
    """Ask for what the part file lacks, and add it."""
    done = size_of(part)
    headers = {**_AS_IT_IS, "Range": f"bytes={done}-"} if done else _AS_IT_IS
    with requests.get(url, headers=headers, stream=True, timeout=CONNECT_AND_READ_SECONDS) as reply:
        if done and reply.status_code == requests.codes.requested_range_not_satisfiable:
            return  # all of it was there; the checksum tells whether it is right
        reply.raise_for_status()
        if reply.headers.get("Content-Type", "").lower().startswith("text/html"):
            raise FetchError(_web_page(url, part.name.removesuffix(".part"), reply.url))
        if reply.status_code != requests.codes.partial_content:
            done = 0  # this server only gives whole files
        rest = int(reply.headers.get("Content-Length", 0))
        total = done + rest if rest else 0
        # Room for what comes, and for what will be unpacked from it.
        if shutil.disk_usage(part.parent).free < rest + total:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with part.open("ab" if done else "wb") as file:
            report(on_progress, done, total)
            # Not iter_content: a server that declares .gz an encoding would be unpacked by it.
            for piece in reply.raw.stream(PIECE, decode_content=False):
                file.write(piece)
                done += len(piece)
                report(on_progress, done, total)


def _md5_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _web_page(url: str, name: str, sender: str | None = None) -> str:
    return (
        f"{_servers(url, sender)} sent a web page in place of {name}. Open the address in a "
        "browser: the network may ask you to log in, or the file may have moved."
    )


def _interruption(url: str, error: Exception, arrived: int) -> str:
    request = getattr(error, "request", None)
    kept = f" {arrived:,} bytes have arrived and are kept." if arrived else ""
    return f"{_servers(url, request and request.url)} {_cause(error)}.{kept}"


def _cause(error: Exception) -> str:
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return "took too long to answer"
    if isinstance(error, requests.TooManyRedirects):
        return "redirects in a circle"
    under: BaseException | None = error
    while under and not isinstance(under, ssl.SSLError):
        under = under.__context__
    if isinstance(under, ssl.SSLCertVerificationError):
        return f"has a certificate that cannot be trusted ({under.verify_message})"
    if under:
        return f"speaks no https that can be trusted ({under})"
    return "cannot be reached or cut the connection"


def _servers(url: str, last: str | None) -> str:
    """Name the server that was asked and, after a redirect, the one that failed."""
    asked, failed = (urlsplit(address).netloc or repr(address) for address in (url, last or url))
    return asked if failed == asked else f"{asked} redirects to {failed}, which"


def _disk_problem(part: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        free = shutil.disk_usage(part.parent).free
        return f"The disk of {part.parent} has too little space ({free / 1e6:,.0f} MB free)."
    return f"{part} cannot be written ({error.strerror or error})."
