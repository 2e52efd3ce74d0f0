"""Where to look: the masks there are, a sphere around a place, and places of published atlases."""

import streamlit as st

from decoding.analyses import data
from decoding.datasets.space import in_mni_space
from decoding.numbers import number_text
from decoding.regions import REGIONS, region_text
from decoding.regions.published import PUBLISHED
from decoding.settings import SETTINGS
from pages.components.fixed import change_button, why_fixed
from pages.components.plain import plain
from pages.components.service import View, result_for
from pages.components.terms import say, say_small
from pages.components.url_state import change_spec

AXES = ("x", "y", "z")
RADIUS_MM = 8.0


def show_masks(view: View) -> None:
    """Say which voxels are looked at, and offer a sphere or a region in their place."""
    grid = result_for(data.ANALYSIS, view).grid
    name = SETTINGS["mask"].option_words(view.spec.mask, view.subject)
    say(
        f"{name[0].upper()}{name[1:]}: {number_text(grid.n_voxels, 'voxel')}. Every mask that came "
        "with the scans stands in the line at the top. A mask must not be chosen by the responses "
        "that you decode."
    )
    left, right = st.columns(2, gap="large")
    with left:
        _offer_sphere(grid.place(grid.n_voxels // 2))
    with right:
        _offer_regions(view)


def _offer_sphere(middle: tuple[float, float, float]) -> None:
    with st.form("sphere", border=False):
        st.markdown("**A sphere around a place, in mm**")
        with st.container(horizontal=True):
            for axis, value in zip(AXES, middle, strict=True):
                st.number_input(axis, value=round(value), key=f"sphere_{axis}", width=110)
            st.number_input("radius", 1.0, 100.0, RADIUS_MM, key="sphere_radius", width=110)
        why = why_fixed(["mask"])
        st.form_submit_button("Take this sphere", on_click=_take_sphere, disabled=bool(why))
        if why:
            st.caption(plain(why))


def _take_sphere() -> None:
    numbers = [st.session_state[f"sphere_{name}"] for name in (*AXES, "radius")]
    change_spec(mask=region_text(f"sphere:{','.join(f'{number:g}' for number in numbers)}"))


def _offer_regions(view: View) -> None:
    st.markdown("**A region of an atlas**")
    if view.subject.label_images:
        say_small("The labels of your label image are masks: they stand in the line at the top.")
    if not in_mni_space(view.subject):
        say_small(
            "Published places are in MNI space, and nothing says that these scans lie there. A "
            "label image in the scans' own space gives regions too: bring it with the scans, with "
            "'dseg' in its name."
        )
        return
    study = st.selectbox(
        "Study", PUBLISHED, key="region_study", format_func=lambda name: REGIONS[name].label
    )
    region = st.selectbox("Region", [*PUBLISHED[study].names()], key=f"region_of_{study}")
    taken = {"mask": f"{study}:{region}"}
    change_button(f"Take region {plain(region)}", taken, on_click=change_spec, kwargs=taken)
