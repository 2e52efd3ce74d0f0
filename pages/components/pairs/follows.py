"""What the similarity of categories follows, and which mask tells which category."""

import streamlit as st

from decoding.analyses.pairs import masks, models
from decoding.analyses.pairs.masks import MasksResult
from decoding.analyses.pairs.models import FEWEST, ModelsResult
from decoding.analyses.pairs.scores import PairScores
from decoding.numbers import number_text, p_text, score_text
from decoding.output.text.follows import reading_masks, reading_models
from decoding.settings import mask_label
from pages.components.display import show_reading, table_height
from pages.components.late import Late
from pages.components.pairs.own_model import choose_own_model
from pages.components.plain import plain
from pages.components.section import section
from pages.components.service import View, result_for
from pages.components.terms import say


def show_models(view: View, found: PairScores, measure: str) -> None:
    """Show how well each model's ranks follow the distances, by the measure that is shown."""
    st.header("What does the similarity follow?", anchor=False)
    if len(found.classes) < FEWEST:
        say(f"A model needs {FEWEST} categories or more. Choose more above.")
        return
    say(
        "A model says which categories should be alike. Time between blocks is the one to beat: it "
        "knows nothing of the brain, only of the scanner's slow drift."
    )
    known = measure if measure in models.COMPARED else "correlation"
    options = models.Options(
        measure="crossnobis" if known == "crossnobis" else "correlation",
        own=choose_own_model(found.classes),
    )
    result = result_for(models.ANALYSIS, view, options)
    _models_table(view, result)


def _models_table(view: View, result: ModelsResult) -> None:
    table = models.fits_table(result)
    shown = table.drop(columns=["name", "smallest_p"])
    shown["p_value"] = shown["p_value"].map(p_text)
    for name in ("rho", "partial", "low", "high"):
        shown[name] = shown[name].map(score_text, na_action="ignore").astype(object).fillna("–")
    shown["interval"] = shown.pop("low") + " to " + shown.pop("high")
    st.dataframe(
        shown[["label", "rho", "interval", "partial", "p_value"]],
        hide_index=True,
        height=table_height(len(shown), len(shown)),
        column_config={
            "label": "Model",
            "rho": "Rank correlation",
            "interval": "95 % over runs",
            "partial": "Given the time between blocks",
            "p_value": "p",
        },
        alt="Every model with its rank correlation, interval and p",
    )
    show_reading(view, "models", reading_models(result), lambda: table)


def show_masks(view: View) -> None:
    """Show every category against all others in each mask, and masks at equal size, once done."""
    st.header("Which mask tells which category?", anchor=False)
    if not [name for name in view.subject.masks if name != "brain"]:
        say("There is no mask but the brain here, so there is nothing to compare.")
        return
    say("Each category against all others, by the area under the ROC curve; 0.5 is guessing.")
    with section():
        Late(masks.ANALYSIS, view).follow(lambda result: _masks_table(view, result), "masks")


def _masks_table(view: View, result: MasksResult) -> None:
    table = result.table
    shown = table.pivot(index="condition", columns="mask", values="auc")
    order = [one.mask for one in result.masks if one.mask in shown]
    shown = shown[order].map(score_text, na_action="ignore").astype(object).fillna("–")
    sizes = {one.mask: number_text(one.n_voxels, "voxel") for one in result.masks}
    st.dataframe(
        shown.reset_index(),
        hide_index=True,
        height=table_height(len(shown), len(shown)),
        column_config={
            "condition": "Category",
            **{name: plain(f"{mask_label(name)}, {sizes[name]}") for name in order},
        },
        alt="The area under the ROC curve of each category in each mask",
    )
    show_reading(view, "masks", reading_masks(result), lambda: table)
    for one in result.masks:
        if one.problem:
            st.caption(plain(f"{mask_label(one.mask)}: {one.problem}"))
