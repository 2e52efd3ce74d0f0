"""Settings: one a field of the spec, the same value from a link, a flag and back."""

import ast
import re
from dataclasses import fields, replace

import pytest
from makers import ROOT

from decoding.cli.arguments import read_spec
from decoding.cli.main import make_parser
from decoding.datasets.base import Note
from decoding.errors import DecodingError
from decoding.setting import Setting, read_number
from decoding.settings import SETTINGS, TUTORIAL, control_text, flag_text
from decoding.spec import DecodingSpec, spec_to_query

BY_TYPE = {
    bool: [True, False],
    int: [0, 577],
    float: [0.0, 7.5, -2.5, 1e-7],
    str: ["1", "01", "pilot+2", "face_little"],
    type(None): [None, 0.0, 1.5],
    tuple: [(), ("bottle", "shoe"), ("x", "y z", "ü")],
}


def values_of(setting):
    """Return values to try: every entry of the registry, or some of the default's type."""
    return list(setting.registry or BY_TYPE[type(setting.default)])


EACH = [(name, value) for name, setting in SETTINGS.items() for value in values_of(setting)]


MESSAGES = ("Note", "Cases")


def _said(call):
    """Yield the texts of a call that makes an error or a note, but for what is to be typed."""
    named = [one.value for one in call.keywords if one.arg not in ("remedy", "flag")]
    for part in [*call.args, *named]:
        for node in ast.walk(part):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_no_error_and_no_note_names_an_option():
    """Visitors of pages have no shell: what to type stands in a remedy, or a note's flag."""
    seen, wrong = 0, []
    for path in sorted((ROOT / "decoding").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or "cli" in path.parts:
                continue
            name = getattr(node.func, "id", "")
            if name.endswith("Error") or name in MESSAGES:
                seen += 1
                wrong += [(path.name, text) for text in _said(node) if re.search("--[a-z]", text)]
    assert seen > 100 and not wrong


def test_what_a_note_asks_for_is_a_flag_and_a_control():
    """The command line and a page each say it in their own words."""
    note = Note(note="x", count=1, example="y", remedy="z", change=("merge_gap", 0.0))
    assert flag_text(note) == "Type --merge-gap 0."
    assert control_text(note, None) == (
        "In the line at the top, under preparation, choose 'never' at 'Events of one type are one "
        "trial'."
    )
    assert not flag_text(replace(note, change=None))


def test_every_field_has_its_setting():
    """Fields and settings are the same, in the same order, with the same defaults."""
    assert list(SETTINGS) == [field.name for field in fields(DecodingSpec)]
    for name, setting in SETTINGS.items():
        assert setting.name == name
        assert setting.default == getattr(DecodingSpec(), name)
        assert setting.label
        assert setting.help or setting.registry
        assert setting.registry is None or setting.default in setting.registry


@pytest.mark.parametrize(("name", "value"), EACH)
def test_link_and_flag_give_the_value_back(name, value):
    """What a link writes is read as the value, and so is the flag; it can be said in words."""
    setting, spec = SETTINGS[name], replace(TUTORIAL, **{name: value})
    texts = spec_to_query(spec)[name]
    assert setting.read(texts) == value
    flags = list(value) if setting.many else [setting.write(value)]
    if isinstance(value, bool):
        flags = [setting.switch[value]]
    flag = f"--{name.replace('_', '-')}"
    joined = [flag, *flags] if setting.many else [f"{flag}={flags[0]}"]
    assert read_spec(make_parser().parse_args(["decode", *joined])) == spec
    assert setting.words(value)
    assert setting.departure_words(value)
    assert setting.methods_sentence(value).endswith(".")


@pytest.mark.parametrize("text", ["\x00soon", "nan", "1e999", "", "-"])
@pytest.mark.parametrize("name", SETTINGS)
def test_what_cannot_be_read_is_said(name, text):
    """A text that a setting refuses has the beginning of its sentence, for links and flags."""
    setting = SETTINGS[name]
    try:
        setting.read([text])
    except ValueError:
        assert setting.must
        with pytest.raises(DecodingError):
            read_spec(make_parser().parse_args(["decode", f"--{name.replace('_', '-')}={text}"]))


def test_a_pages_own_setting_is_one_too():
    """A page's setting reads what it writes, whatever its type."""
    radius = Setting(name="radius", default=6.0, label="Radius", parse=read_number)
    voxels = Setting(
        name="voxels",
        default=(0, 1),
        label="Voxels",
        parse=lambda text: tuple(map(int, text.split("."))),
        write=lambda columns: ".".join(map(str, columns)),
    )
    assert radius.read([radius.write(8.0)]) == 8.0
    assert voxels.read([voxels.write((3, 5, 8))]) == (3, 5, 8)
