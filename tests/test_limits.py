"""An operator's limits: each is read from its variable, told by its name, and documented."""

import pytest
from own_loop import run_async
from streamlit import config

from decoding.errors import FetchError, LimitError
from decoding.limits import LIMITS, MEGABYTE, UPLOAD, check_fetch, check_limits
from pages.components import server

WRONG = ("many", "-1", "0", "1.5", "1" * 4301, "nan", "ftp://x.org", "²")


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.variable)
def test_a_value_that_cannot_be_read_is_told_with_its_name(limit, monkeypatch):
    """Every limit has a default, takes another, and refuses by its variable's name what is none."""
    monkeypatch.delenv(limit.variable, raising=False)
    default = limit.value
    monkeypatch.setenv(limit.variable, " ")
    assert limit.value == default
    monkeypatch.setenv(limit.variable, "nowhere" if limit.must.startswith("any") else "2")
    assert limit.value != default
    for text in WRONG:
        monkeypatch.setenv(limit.variable, text)
        with pytest.raises(LimitError, match=limit.variable) as told:
            check_limits()
        assert limit.must in str(told.value)
        assert len(str(told.value)) < 400


def test_the_server_starts_with_readable_limits_only(monkeypatch):
    """Streamlit's limit of an upload follows ours; what cannot be read keeps it from starting."""
    monkeypatch.setattr(server, "compile_kernels", lambda: None)
    before = config.get_option("server.maxUploadSize")
    assert before == UPLOAD.value / MEGABYTE

    async def start():
        async with server.prepared(None):
            return config.get_option("server.maxUploadSize")

    monkeypatch.setenv(UPLOAD.variable, "7")
    try:
        assert run_async(start) == 7
    finally:
        config.set_option("server.maxUploadSize", before)
    monkeypatch.setenv("VOXELSCOPE_SESSIONS", "many")
    with pytest.raises(LimitError, match="VOXELSCOPE_SESSIONS"):
        run_async(start)


@pytest.mark.parametrize(
    ("allowed", "addresses", "refused"),
    [
        ("anywhere", ("http://a.org/x", "https://b.org"), ()),
        ("nowhere", (), ("http://a.org/x", "https://b.org")),
        ("https://a.org/data http://b.org", ("https://a.org/data/1", "http://b.org/2"),
         ("https://a.org/", "http://b.org.evil.org/", "https://a.org/data2", "http://b.org:81/2")),
    ],
)  # fmt: skip
def test_a_fetch_is_refused_where_it_is_not_allowed(monkeypatch, allowed, addresses, refused):
    """Any address, none, or those that begin as one that is allowed: the reason is told."""
    monkeypatch.setenv("VOXELSCOPE_FETCH", allowed)
    for address in addresses:
        check_fetch(address)
    for address in refused:
        with pytest.raises(FetchError, match="This server fetches"):
            check_fetch(address)
