"""The one selection that all pages share: the session owns it, the address bar mirrors it.

Widgets are views of it. Seeding them once and letting them own their values loses the selection on
the second visit of a page and traps the browser's back button.
"""

import secrets
from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlencode, urlsplit

import streamlit as st

from decoding.choices import default_spec, settle
from decoding.datasets.base import Subject
from decoding.datasets.own.dataset import OWN
from decoding.errors import DecodingError, quoted
from decoding.setting import Setting
from decoding.settings import SETTINGS, spec_from_query
from decoding.spec import SPEC_FIELDS, DecodingSpec, differing_fields, spec_to_query

T = TypeVar("T")
Query = dict[str, list[str]]

_SPEC, _SETTLED, _UNASKED, _EXTRAS, _PROBLEMS, _REFUSED, _MIRRORED, _FROM_OUTSIDE = (
    f"selection_{part}"
    for part in (
        "spec", "settled", "unasked", "extras", "problems", "refused", "mirrored", "from_outside",
    )
)  # fmt: skip
SESSION = "session"
"""Names the session in its links, so that a reload goes on counting what was tried in it."""
_FIELDS = frozenset(SPEC_FIELDS)
_SPEC_KEYS = {"v", *_FIELDS}
_NAMES = {"subject", "mask", "conditions", "space"}
"""What is called as a recording has it."""


def read_address(first: Callable[[DecodingSpec], DecodingSpec] | None = None) -> None:
    """Select what the address asks for, where it was changed from outside; nothing is opened.

    An address that differs from the one last written was changed from outside (a link, the back
    button) and wins; otherwise the session's selection is what it was. `first` makes of the default
    what somebody sees who has chosen nothing.
    """
    state, asked, default = st.session_state, _address(), default_spec()
    if name := st.query_params.get(SESSION):
        state[SESSION] = name
    if asked and asked != state.get(_MIRRORED):
        state[_SPEC], state[_PROBLEMS] = spec_from_query(asked, default)
        state[_REFUSED], state[_UNASKED] = {}, _FIELDS - set(asked)
        state[_FROM_OUTSIDE] = True
        state[_EXTRAS] = {key: values[-1] for key, values in asked.items() if key not in _SPEC_KEYS}
    if _SPEC not in state:
        state[_SPEC], state[_UNASKED] = first(default) if first else default, _FIELDS


def settle_selection(
    load: Callable[[DecodingSpec], Subject],
) -> tuple[DecodingSpec, Subject, list[str]]:
    """Return the spec selected now, its subject and all problems; write the address bar, complete.

    `load` returns the subject that a spec names, or raises a `DecodingError`. A problem is a plain
    sentence on what the address cannot have.
    """
    state = st.session_state
    state[_SPEC], subject, found = _settle(state[_SPEC], default_spec(), load, _unasked())
    state[_SETTLED] = state[_SPEC]
    problems = state[_PROBLEMS] = [*dict.fromkeys([*state.get(_PROBLEMS, []), *found])]
    _write_address()
    return state[_SPEC], subject, problems


def told_choices() -> dict[str, list[str]]:
    """Return what a log may hold of the selection: names only where a public recording has them."""
    spec = st.session_state.get(_SPEC, DecodingSpec())
    public = spec.dataset != OWN.name and spec == st.session_state.get(_SETTLED)
    query = spec_to_query(spec)
    return {name: query[name] for name in SPEC_FIELDS if public or name not in _NAMES}


def _settle(
    wanted: DecodingSpec,
    default: DecodingSpec,
    load: Callable[[DecodingSpec], Subject],
    unasked: frozenset[str],
) -> tuple[DecodingSpec, Subject, list[str]]:
    """Settle on what exists; where even the default recording is damaged, on a simulated one."""
    try:
        return settle(wanted, default, load, unasked)
    except DecodingError:
        simulated = DecodingSpec(dataset="simulated", subject="1")
        return settle(wanted, simulated, load, unasked)


def full_query() -> Query:
    """Return the complete query of the selection: what every link of ours carries."""
    return {**_selected(), SESSION: [session_name()]}


def session_name() -> str:
    """Return what names this session in its links: the link's own, where it came by one."""
    return str(st.session_state.setdefault(SESSION, secrets.token_hex(4)))


def _selected() -> Query:
    extras = {key: [value] for key, value in sorted(st.session_state.get(_EXTRAS, {}).items())}
    return {**spec_to_query(st.session_state[_SPEC]), **extras}


def is_changed() -> bool:
    """Tell whether something was selected since the page was last run.

    A part of it may be drawn with the address of before, which tells nothing: a browser asks for
    it and is sent the new address at once.
    """
    return _SPEC in st.session_state and st.session_state.get(_MIRRORED) != _selected()


def draw_anew() -> NoReturn:
    """Run the whole page again on what is selected, whatever address the run came with."""
    st.session_state[_MIRRORED] = _address()
    st.rerun()


def address_of(spec: DecodingSpec) -> str:
    """Return this page's address on a spec, with its own settings: what files say of their origin.

    It is in full where the visitor's browser tells its server's name.
    """
    query = urlencode({**_selected(), **spec_to_query(spec)}, doseq=True)
    return f"{st.context.url or ''}?{query}"


def public_address_of(spec: DecodingSpec) -> str:
    """Return `address_of` where it leads others there too; empty on the visitor's own machine."""
    host = urlsplit(st.context.url or "").hostname or "localhost"
    loopback = host in ("localhost", "::1") or host.startswith("127.")
    return "" if loopback or host.endswith(".localhost") else address_of(spec)


def change_spec(**changes: object) -> None:
    """Change fields of the selection; the address follows with the next run."""
    set_spec(replace(st.session_state[_SPEC], **changes))


def set_spec(spec: DecodingSpec) -> None:
    """Select something else; the address follows with the next run."""
    _keep_address()
    state = st.session_state
    state[_UNASKED] = _unasked() - set(differing_fields(state.get(_SPEC, spec), spec))
    state[_SPEC] = spec


def _unasked() -> frozenset[str]:
    """Return the fields that neither the address nor a visitor has chosen."""
    found: frozenset[str] = st.session_state.get(_UNASKED, frozenset())
    return found


def unlike_selected(spec: DecodingSpec) -> list[str]:
    """Return in words what another spec has in place of the selection's choices."""
    names = differing_fields(st.session_state.get(_SPEC, spec), spec)
    return [SETTINGS[name].departure_words(getattr(spec, name)) for name in names]


def get_extra(name: str) -> str:
    """Return a page's own setting as the link writes it, empty where it does not."""
    return str(st.session_state.get(_EXTRAS, {}).get(name, ""))


def get_setting(setting: Setting[T], options: Container[T] | None = None) -> T:
    """Return a page's own setting from the link; its default where none of the options is there.

    A link that came with what cannot be read, or is no option, is told so: see `take_out`.
    """
    if not (text := get_extra(setting.name)):
        return setting.default
    must = f"{setting.must}, not" if setting.must else f"{setting.label.capitalize()} cannot be"
    problem = f"{must} {quoted(text)}. The default is shown instead."
    try:
        asked = setting.read([text])
    except ValueError:
        take_out(setting, problem)
    if options is None or asked in options:
        return asked
    if st.session_state.get(_FROM_OUTSIDE):
        take_out(setting, problem)
    return setting.default  # another choice has taken the option away


def take_out(setting: Setting[Any], problem: str) -> NoReturn:
    """Take a setting that cannot be out of the link, say why above the page, and draw it anew."""
    state = st.session_state
    state[_PROBLEMS] = [*state[_PROBLEMS], problem]
    refuse_extra(setting.name, "")


def set_setting(setting: Setting[T], value: T, usual: T | None = None) -> None:
    """Put a page's own setting into the link; its usual value, or an empty one, takes it out."""
    set_extras({setting.name: "" if value == usual else setting.write(value)})


def set_extras(texts: Mapping[str, str]) -> None:
    """Put pages' own settings into the link as it writes them; an empty one is taken out."""
    _keep_address()
    extras = {**st.session_state.get(_EXTRAS, {}), **texts}
    st.session_state[_EXTRAS] = {key: kept for key, kept in extras.items() if kept}


def fill_in(setting: Setting[T], value: T) -> NoReturn:
    """Put a page's own setting into a link that came without it, and draw the page anew.

    What was wrong with that link stays said.
    """
    state = st.session_state
    state[_EXTRAS] = {**state.get(_EXTRAS, {}), setting.name: setting.write(value)}
    st.rerun()


def refuse_extra(name: str, problem: str) -> NoReturn:
    """Take a page's own setting that cannot be out of the link, and draw the page anew.

    What is wrong with it can be said until something else is selected: see `refused_extra`.
    """
    state = st.session_state
    state[_EXTRAS] = {key: kept for key, kept in state[_EXTRAS].items() if key != name}
    state[_REFUSED] = {**state.get(_REFUSED, {}), name: problem}
    st.rerun()


def refused_extra(name: str) -> str:
    """Return what was wrong with a page's own setting in the link, empty where nothing was."""
    return str(st.session_state.get(_REFUSED, {}).get(name, ""))


def _keep_address() -> None:
    # The address is behind on purpose until the next run: it must not win over the change.
    st.session_state[_MIRRORED] = _address()
    st.session_state[_PROBLEMS] = []
    st.session_state[_FROM_OUTSIDE] = False
    st.session_state[_REFUSED] = {}


def _address() -> Query:
    return {key: st.query_params.get_all(key) for key in st.query_params if key != SESSION}


def _write_address() -> None:
    # A complete link gets the session's name with its first change only: by itself it would be one
    # more step back in the browser's history.
    if _address() != _selected():
        st.query_params.from_dict(full_query())
    st.session_state[_MIRRORED] = _selected()
