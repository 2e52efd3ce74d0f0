"""Where a page's brains are cut: all of them at one place, which the link carries."""

import streamlit as st

from decoding.datasets.base import Subject
from decoding.setting import Setting, read_number
from pages.components.url_state import get_setting, set_setting


def _read_mm(text: str) -> str:
    if len([read_number(mm) for mm in text.split("_")]) != 3:
        raise ValueError(text)
    return text


CUT = Setting(name="cut", default="", label="Cut of the brains", parse=_read_mm)
"""Three numbers in mm between underscores; empty: each view opens where its map is strongest."""

# The views speak of their cut by messages. The address takes it at once and in place: a step of
# the browser's history for each voxel looked at would bury what was chosen before.
_JS = """
export default function ({ data, setTriggerValue }) {
  const mm = data.cut && data.cut.split("_").map(Number);
  const send = (view) => mm && view.postMessage({ voxelscope: "cut", space: data.space, mm }, "*");
  let timer;
  const listen = ({ data: told, source }) => {
    if (told?.voxelscope === "ready") send(source);
    if (told?.voxelscope !== "cut") return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const cut = told.mm.map((place) => Math.round(10 * place) / 10).join("_");
      const link = new URL(window.location.href);
      link.searchParams.set("cut", cut);
      window.history.replaceState(window.history.state, "", link);
      setTriggerValue("moved", cut);
    }, 400);
  };
  window.addEventListener("message", listen);
  Array.from(window.frames).forEach(send);
  return () => window.removeEventListener("message", listen);
}
"""

_carry = st.components.v2.component("cut", html="<span></span>", js=_JS)


@st.fragment
def carry_cut(subject: Subject) -> None:
    """Open the views at the link's cut, and put the one that the visitor chooses into the link."""
    _carry(
        key="cut", data={"cut": get_setting(CUT), "space": subject.version}, on_moved_change=_take
    )


def _take() -> None:
    set_setting(CUT, st.session_state["cut"]["moved"])
