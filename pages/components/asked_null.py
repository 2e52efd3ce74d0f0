"""Which permutation test a link asks for, on every page."""

from decoding.analyses import permute
from decoding.analyses.permute import FULL, quick_options
from decoding.relabel import read_draws, write_draws
from decoding.setting import Setting
from decoding.spec import DecodingSpec
from pages.components.url_state import get_setting


def _read_null(text: str) -> permute.Options:
    number, seed = (None, 0) if text == FULL else read_draws(text)
    return permute.Options(permutations=number, seed=seed)


NULL = Setting[permute.Options | None](
    name="null", default=None, label="Permutation test", parse=_read_null,
    write=lambda options: write_draws(options.permutations, options.seed) or FULL,
)  # fmt: skip
"""The permutation test that a link asks for: the full one, or a number and a seed."""


def asked_null(spec: DecodingSpec) -> permute.Options:
    """Return the test that a page makes: a first look, unless the link asks for another."""
    return get_setting(NULL) or quick_options(spec)
