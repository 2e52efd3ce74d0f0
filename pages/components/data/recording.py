"""The recording: its mean scan, the mask where it lies, and its files."""

from functools import partial

import streamlit as st

from decoding.analyses import data
from decoding.datasets import DATASETS
from decoding.output.colours import ThemeName
from decoding.output.downloads import (
    credit_lines,
    file_name,
    mask_file,
    mean_scan_file,
    subject_zip,
)
from decoding.output.text.wording import ground_text
from decoding.recording.voxels import open_voxels
from decoding.settings import SETTINGS, mask_label
from pages.components.display import (
    Format,
    file_stem,
    show_brain,
    show_download,
    show_pictures,
    show_table_file,
)
from pages.components.fetch import offer_fetch
from pages.components.plain import plain
from pages.components.service import View
from pages.components.terms import say_small
from pages.components.url_state import address_of


def show_recording(view: View) -> None:
    """Show the mean scan, and the mask where it lies."""
    from decoding.output.brain import view as brain  # numbers are on screen before this is imported
    from decoding.output.brain.background import background_image, mean_scan_image

    subject, request = view.subject, data.ANALYSIS.request(view.spec)
    stem = f"{subject.dataset}_{file_name(f'subj{subject.name}')}"
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Mean scan", anchor=False)
        show_brain(
            view,
            (request, "mean"),
            lambda theme: brain.mean_html(mean_scan_image(subject), theme=theme),
            "Brain view of the mean scan.",
            brain.reading_mean(len(subject.volumes), open_voxels(subject).grid.shape, subject.each),
        )
        show_download("Mean scan, NIfTI", partial(mean_scan_file, subject), f"{stem}_mean.nii.gz")
    with right:
        name = SETTINGS["mask"].option_words(view.spec.mask, subject)
        why = ", as there is no anatomy" if subject.anatomy is None else ""
        st.subheader(f"Mask: {plain(name)}", anchor=False)
        show_brain(
            view,
            (request, "mask"),
            lambda theme: brain.mask_html(
                open_voxels(subject).mask_image(view.spec.mask),
                background_image(subject),
                theme=theme,
                name=name,
            ),
            "Brain view of the mask.",
            f"The voxels of the mask on the {ground_text(subject)}{why}. Only these are decoded.",
        )
        file = partial(mask_file, subject, view.spec.mask)
        show_download("Mask, NIfTI", file, f"{stem}_{file_name(view.spec.mask)}.nii.gz")
        show_pictures(
            f"Mask on the {ground_text(subject)}",
            partial(_mask_picture, view, address_of(view.spec)),
            f"{file_stem(view.spec)}_mask",
        )


def _mask_picture(view: View, link: str, theme: ThemeName, kind: Format) -> bytes:
    from decoding.output import static

    store, name = open_voxels(view.subject), view.spec.mask
    legend = f"The {len(store.mask_rows(name))} voxels of the mask {mask_label(name)}."
    return static.mask_picture(
        store.mask_image(name),
        static.static_background(view.subject),
        theme=theme,
        words=(legend, *credit_lines(view.subject, link)),
        format=kind,
    )


def show_take_away(view: View) -> None:
    """Offer the labels, a simulated subject in nilearn's layout, and a real one to fetch."""
    if view.subject.simulated:
        show_download(
            "This simulated subject, in nilearn's layout",
            lambda: subject_zip(view.subject),
            f"{file_stem(view.spec)}.zip",
        )
    show_table_file(
        view, f"Labels of all {view.subject.each}s, CSV", lambda: view.subject.volumes, "labels"
    )
    offer_fetch(another=not view.subject.simulated)
    for dataset in DATASETS.values():
        if dataset.name != "haxby" and not dataset.subjects():
            name = dataset.label[0].upper() + dataset.label[1:]
            say_small(f"{name}: {dataset.help} None is here. {dataset.absent}")
