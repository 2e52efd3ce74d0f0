"""Downloads from a server on loopback: whole, cut, refused, damaged."""

import errno
import hashlib
import os
import shutil
import subprocess
from collections import namedtuple

import numpy as np
import pytest
from loopback import closed_port, serving

from decoding.datasets import fetch
from decoding.errors import Cancelled, FetchError

NAME = "subj2-2010.01.14.tar.gz"
CONTENT = np.random.default_rng(0).bytes(1_500_000)
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def shelf(tmp_path):
    """Return a folder that a server serves, with one file."""
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / NAME).write_bytes(CONTENT)
    return folder


@pytest.fixture
def target(tmp_path):
    """Return where the download shall go."""
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / NAME


def part_of(target):
    """Return the part file of a download."""
    return target.with_name(f"{target.name}.part")


def test_whole_download_arrives_with_progress_up_to_its_size(shelf, target):
    """A download gives the same bytes, tells rising progress, and leaves no part file."""
    seen = []
    with serving(shelf) as server:
        url = f"{server.url}/{NAME}"
        fetch.fetch_file(url, target, md5=MD5, on_progress=lambda *step: seen.append(step))
    assert target.read_bytes() == CONTENT
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[0] == (0, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert len(seen) > 10
    assert sorted(path.name for path in target.parent.iterdir()) == [NAME]


def test_cut_connection_is_taken_up_where_it_broke(shelf, target):
    """After a cut the next request asks for the rest only, and the sum sent is one file."""
    with serving(shelf, cuts=[900_000]) as server:
        fetch.fetch_file(f"{server.url}/{NAME}", target, md5=MD5)
        (_, first), (asked, second) = server.gets()
    arrived = int(asked.removeprefix("bytes=").removesuffix("-"))
    assert first == 900_000
    assert 900_000 - fetch.PIECE <= arrived <= 900_000
    assert second == len(CONTENT) - arrived
    assert target.read_bytes() == CONTENT


def test_second_call_goes_on_from_a_cancelled_one(shelf, target):
    """Cancelling keeps the part file; the next call sends Range and receives only the rest."""

    def stop_half_way(done, total):
        if done > total / 2:
            raise Cancelled

    with serving(shelf) as server:
        with pytest.raises(Cancelled):
            fetch.fetch_file(f"{server.url}/{NAME}", target, md5=MD5, on_progress=stop_half_way)
        kept = part_of(target).stat().st_size
        assert not target.exists()
        fetch.fetch_file(f"{server.url}/{NAME}", target, md5=MD5)
        asked, sent = server.gets()[1]
    assert len(CONTENT) / 2 < kept < len(CONTENT)
    assert asked == f"bytes={kept}-"
    assert sent == len(CONTENT) - kept
    assert target.read_bytes() == CONTENT


def test_server_that_always_cuts_keeps_what_came(shelf, target):
    """A server that drops every connection ends in an error that says how much is kept."""
    with (
        serving(shelf, cuts=[200_000] * 20) as server,
        pytest.raises(FetchError, match=r"cut the connection.*have arrived and are kept") as caught,
    ):
        fetch.fetch_file(f"{server.url}/{NAME}", target, md5=MD5)
    assert len(server.gets()) == fetch.ATTEMPTS
    kept = part_of(target).stat().st_size
    assert f"{kept:,} bytes" in str(caught.value)
    assert CONTENT.startswith(part_of(target).read_bytes())


def test_server_without_range_sends_the_file_again(shelf, target):
    """A server that ignores Range answers with the whole file, which replaces the part."""
    part_of(target).write_bytes(CONTENT[:700_000])
    with serving(shelf, ranges=False) as server:
        fetch.fetch_file(f"{server.url}/{NAME}", target, md5=MD5)
        assert server.gets() == [("bytes=700000-", len(CONTENT))]
    assert target.read_bytes() == CONTENT


def test_part_file_that_is_whole_is_not_asked_for_again(shelf, target):
    """A process killed between the last byte and the renaming costs no second download."""
    part_of(target).write_bytes(CONTENT)
    with serving(shelf) as server:
        fetch.fetch_file(f"{server.url}/{NAME}", target, md5=MD5)
        assert server.gets() == [(f"bytes={len(CONTENT)}-", 0)]
    assert target.read_bytes() == CONTENT


def test_wrong_checksum_deletes_the_part_and_says_so(shelf, target):
    """A file that is not the expected one is never put in place."""
    with (
        serving(shelf) as server,
        pytest.raises(FetchError, match=f"MD5 {MD5} instead of {'0' * 32}.*was deleted"),
    ):
        fetch.fetch_file(f"{server.url}/{NAME}", target, md5="0" * 32)
    assert list(target.parent.iterdir()) == []


def test_damaged_part_is_found_by_the_checksum(shelf, target):
    """Going on from a damaged part ends in the checksum error, and the next call starts at 0."""
    part_of(target).write_bytes(b"\0" * 700_000)
    with serving(shelf) as server:
        with pytest.raises(FetchError, match="checksum"):
            fetch.fetch_file(f"{server.url}/{NAME}", target, md5=MD5)
        fetch.fetch_file(f"{server.url}/{NAME}", target, md5=MD5)
        assert server.gets()[1] == (None, len(CONTENT))
    assert target.read_bytes() == CONTENT


def test_missing_file_gives_the_servers_answer(shelf, target):
    """A 404 is told as such, with server and path."""
    with (
        serving(shelf) as server,
        pytest.raises(FetchError, match=r"127.0.0.1:\d+ answered 404 Not Found to /data/other"),
    ):
        fetch.fetch_file(f"{server.url}/other", target, md5=MD5)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("url", [None, "no-such-scheme://x/y", "nothing"])
def test_server_away_is_a_fetch_error(target, url):
    """A port where nobody listens, or an address that is none, gives one plain line."""
    with pytest.raises(FetchError, match="cannot be reached") as caught:
        fetch.fetch_file(url or closed_port(), target, md5=MD5)
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return a certificate and its key that nobody has signed, in one file."""
    openssl = shutil.which("openssl") or pytest.skip("no openssl on this machine")
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    subprocess.run(
        f"{openssl} req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 1 "
        f"-subj /CN=127.0.0.1 -keyout {path} -out {path}.crt".split(),
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + path.with_suffix(".pem.crt").read_text())
    return path


SENT_ON = r"127.0.0.1:\d+ redirects to 127.0.0.1:\d+, which "
NOT_TRUSTED = r"has a certificate that cannot be trusted \(self.signed certificate\)"


@pytest.mark.parametrize("redirected", [False, True])
def test_certificate_that_is_not_valid_is_told(shelf, target, certificate, redirected):
    """A bad certificate is named as the cause, and the server that shows it after a redirect."""
    with (
        serving(shelf, certificate=certificate) as bad,
        serving(shelf, redirect=bad.url) as first,
        pytest.raises(FetchError, match=(SENT_ON if redirected else "") + NOT_TRUSTED),
    ):
        fetch.fetch_file(f"{(first if redirected else bad).url}/{NAME}", target, md5=MD5)


def test_redirect_that_leads_nowhere_names_both_servers(shelf, target):
    """What fails behind a redirect is told of the server it fails at; so is a circle."""
    for url, problem in {
        closed_port(): "cannot be reached",
        None: "answered 404 Not Found",
    }.items():
        with (
            serving(target.parent) as empty,
            serving(shelf, redirect=url or empty.url) as first,
            pytest.raises(FetchError, match=SENT_ON + problem),
        ):
            fetch.fetch_file(f"{first.url}/{NAME}", target, md5=MD5)
    with serving(shelf) as server, pytest.raises(FetchError, match="redirects in a circle"):
        server.redirect = server.url
        fetch.fetch_file(f"{server.url}/{NAME}", target, md5=MD5)


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/gzip"])
def test_web_page_in_place_of_the_file_is_told(shelf, target, kind):
    """A login page is named as one; where the server says so what had arrived is kept."""
    part_of(target).write_bytes(CONTENT[:700_000])
    with (
        serving(shelf, page=(kind, "<!DOCTYPE html>\n<html>Please log in</html>")) as server,
        pytest.raises(FetchError, match=f"sent a web page in place of {NAME}.*log in"),
    ):
        fetch.fetch_file(f"{server.url}/{NAME}", target, md5=MD5)
    assert part_of(target).exists() == kind.startswith("text/html")


def test_gzip_declared_as_an_encoding_is_not_unpacked(tmp_path, shelf, target):
    """A server that declares .gz an encoding gives the file, not what is in it."""
    import gzip

    packed = gzip.compress(CONTENT)
    (shelf / NAME).write_bytes(packed)
    with serving(shelf, gzip_is_an_encoding=True) as server:
        url = f"{server.url}/{NAME}"
        fetch.fetch_file(url, target, md5=hashlib.md5(packed).hexdigest())
    assert target.read_bytes() == packed


def test_server_that_tells_no_length_still_gives_the_file(shelf, target):
    """Without Content-Length the total is 0, which says that it is unknown."""
    seen = []
    with serving(shelf, tells_length=False) as server:
        url = f"{server.url}/{NAME}"
        fetch.fetch_file(url, target, md5=MD5, on_progress=lambda *step: seen.append(step))
    assert target.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), 0)


def test_full_disk_is_told_before_the_download(shelf, target, monkeypatch):
    """Where there is too little space nothing is downloaded, and the space is named."""
    usage = namedtuple("usage", "total used free")(10**9, 10**9 - 2_000_000, 2_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with (
        serving(shelf) as server,
        pytest.raises(FetchError, match=r"too little space \(2 MB free\)"),
    ):
        fetch.fetch_file(f"{server.url}/{NAME}", target, md5=MD5)
    assert list(target.parent.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_disk_that_fills_while_writing_is_told(shelf, target):
    """A write that fails for want of space is a FetchError, not a traceback."""
    part_of(target).symlink_to("/dev/full")
    with (
        serving(shelf) as server,
        pytest.raises(FetchError, match="too little space") as caught,
    ):
        fetch.fetch_file(f"{server.url}/{NAME}", target, md5=MD5)
    assert caught.value.__cause__.errno == errno.ENOSPC


def test_checksum_file_is_read_in_both_its_forms(shelf):
    """Text and binary lines of md5sum are read; anything else in the file is passed over."""
    sums = f"{MD5.upper()}  {NAME}\nnot a line\n{'1' * 32} *b.tar.gz\n"
    (shelf / "MD5SUMS").write_text(sums)
    with serving(shelf) as server:
        url = f"{server.url}/MD5SUMS"
        assert fetch.remote_md5(url, NAME) == MD5
        assert fetch.remote_md5(url, "b.tar.gz") == "1" * 32
        assert fetch.remote_md5(url, "c.tar.gz") is None
        assert fetch.remote_md5(f"{server.url}/none", NAME) is None
    assert fetch.remote_md5(closed_port(), NAME) is None
