"""Sentences that read a result where no chart does."""

import pandas as pd

from decoding.analyses.mean_signal import CLEARLY, Verdict, compare
from decoding.analyses.response_maps import ResponseMaps
from decoding.analyses.searchlight.result import SearchlightResult
from decoding.analyses.timecourse.result import NestedLag, ScoreCurve
from decoding.datasets.base import Subject
from decoding.numbers import counts_text, number_text, place_text, points_text, score_text
from decoding.results import DecodingResult, PermutationResult, WeightMaps

VERDICTS: dict[Verdict, str] = {
    "nothing to explain": "The voxels themselves are not clearly above chance, so there is little "
    "to explain.",
    "below": "It is clearly below all voxels and not clearly above chance. That does not show that "
    "a pattern is needed: voxels without signal dilute the mean of a mask.",
    "between": "It is clearly below all voxels and clearly above chance. That does not show that "
    "the rest lies in a pattern: accuracies do not add up, and voxels without signal dilute the "
    "mean of a mask.",
    "enough": "It is clearly above chance and not clearly below all voxels. These runs do not show "
    "that more than the mean is needed.",
    "undecided": "It is neither clearly below all voxels nor clearly above chance. These runs do "
    "not say whether more than the mean is needed.",
    "no comparison": "No verdict: neither score may be read against chance here.",
}
"""What follows from how the mean's score lies to that of all voxels, and to chance."""
MAP_USES = {
    "weights": "Weights say what the classifier uses. A voxel may carry weight only to cancel "
    "noise that it shares with others, so they do not say where the information lies.",
    "pattern": "The activation pattern (Haufe et al. 2014) says where activity goes with the "
    "decision. Small values may be nothing: it has no threshold and no error.",
}
"""What each map of a linear classifier may be read for."""


def reading_chosen_voxels(maps: WeightMaps) -> str:
    """Say which voxels a map shows where they were chosen; empty where all of them are there."""
    if not 0 < maps.spec.select < maps.weights.shape[1]:
        return ""
    return (
        f"The map is of one fit on all samples: it shows the {maps.spec.select} voxels that this "
        "fit chose, and no others. For the score, each fold chose its own."
    )


def reading_mean_signal(result: DecodingResult, mean: DecodingResult) -> str:
    """Compare the mean's score with that of all voxels, by how much both vary over runs."""
    found = compare(result, mean)
    scores = (
        f"The mean of the mask alone, one number a sample, scores {score_text(mean.accuracy)}, "
        f"against {score_text(result.accuracy)} with all {number_text(result.n_voxels, 'voxel')}"
    )
    if found.verdict == "no comparison":
        return f"{scores}. {VERDICTS[found.verdict]}"
    size = score_text(abs(found.difference))
    side = "below" if found.difference < 0 else "above"
    apart = f"{size} {side}" if found.difference else "exactly the same"
    spread = (
        f"Over {found.n_runs} runs that difference has a standard error of "
        f"{score_text(found.standard_error)}."
        if found.n_runs > 1
        else "One run does not say how much that varies."
    )
    return (
        f'{scores}: {apart}. {VERDICTS[found.verdict]} {spread} "Clearly" means by more than '
        f"{CLEARLY:g} standard errors: a yardstick, not a test."
    )


def scans_text(subject: Subject) -> str:
    """Say what kind of scan a series in time is made of, before a count; nothing of other maps."""
    if subject.maps:
        return ""
    return f"fMRI, scans of the brain at work, {subject.t_r:g} s each: "


def spacing_text(subject: Subject) -> str:
    """Say how far apart in time volumes are, where no rest between them was cut out."""
    if subject.maps:
        return "no series in time"
    each = f"{subject.t_r:g} s"
    return f"one every {each}" if subject.has_rest else f"{each} each, those of rest left out"


def reading_cell(table: pd.DataFrame, block: str = "block") -> str:
    """Say what lies behind a cell of a confusion matrix, from `DecodingResult.cell`.

    What a `block` is called says the subject: `Subject.each_block`.
    """
    return (
        f"{number_text(int(table['decoded_so'].sum()), 'sample')} in "
        f"{number_text(len(table), block)} of {number_text(table['run'].nunique(), 'run')}."
    )


def reading_likeness(weights: float, pattern: float) -> str:
    """Say which of two maps is more like what was planted, by the correlations shown."""
    shown = {"weights": f"{weights:.2f}", "activation pattern": f"{pattern:.2f}"}
    if "nan" in shown.values():
        return "A map that is the same in all voxels resembles nothing."
    if len(set(shown.values())) == 1:
        return f"Weights and pattern resemble it equally, {weights:.2f}."
    more, less = sorted(shown, key=lambda name: -float(shown[name]))
    return (
        f"In this recording the {more} resembled it more than the {less} ({shown[more]} against "
        f"{shown[less]})."
    )


def reading_null_of(test: PermutationResult, chance: float) -> str:
    """Say what shuffled labels score under a scheme, and how far that is from chance."""
    return (
        f"Here shuffled labels score {score_text(test.null.mean)} on average, "
        f"{points_text(test.null.mean - chance)} from chance."
    )


def reading_peak_table(peaks: pd.DataFrame, found: SearchlightResult) -> str:
    """Say how many peaks a searchlight has, and what their p is."""
    clusters = int(peaks["size_mm3"].notna().sum())
    p = "the corrected p is family-wise" if found.null else "no p, as the map is not corrected"
    return (
        f"{number_text(len(peaks), 'peak')} in {number_text(clusters, 'cluster')}; {p}."
        f"{found.grid.caveat}"
    )


def reading_shifts(shifts: pd.DataFrame) -> str:
    """Say by how much the labels begin later than the stimuli."""
    known = shifts["shift"].dropna()
    if known.empty:
        return "No block of the labels is among the events."
    return (
        f"In {len(known)} of {len(shifts)} blocks known to both, labels begin {known.min():.1f} to "
        f"{known.max():.1f} s after the first stimulus, {known.median():.1f} s in the middle."
    )


def reading_response(found: ResponseMaps, condition: str) -> str:
    """Say the largest response to a category, and what the unit is."""
    values = found.in_tissue(condition)
    top = float(values[abs(values).argmax()])
    place = found.grid.strongest(values)
    return (
        f"The response to {condition} against rest, in percent of a voxel's mean: a mean of run "
        f"betas, not a test. Of {number_text(len(values), 'voxel')} where the scan is bright the "
        f"largest is {top:+.2f} %, at {place_text(place)}. The view opens with the strongest "
        f"tenth, and all categories have one colour scale.{found.grid.caveat}"
    )


def lag_counts_text(lags: ScoreCurve, n_blocks: int) -> str:
    """Say on how many samples and blocks the lags rest; a late lag may lose some samples."""
    fewest, most = int(lags.n_samples.min()), int(lags.n_samples.max())
    most_text = counts_text(most, n_blocks)
    return most_text if fewest == most else f"{fewest} to {most_text}"


def reading_nested(nested: NestedLag) -> str:
    """Say which lags the training folds chose, and what they score on what was left out."""
    counts = nested.folds["seconds"].value_counts().sort_index()
    chosen = ", ".join(f"{seconds:g} s in {n}" for seconds, n in counts.items())
    worth = "on the runs left out. Nothing in that number was chosen by its score"
    if not nested.by_run:
        worth = "where training and test share runs, so it is no score for new ones"
    return (
        f"Chosen inside each training fold ({chosen} of {number_text(len(nested.folds), 'fold')}), "
        f"the lag scores {score_text(nested.accuracy)} {worth}."
    )


def reading_chosen_lag(seconds: float, nested: NestedLag | None, *, known: bool) -> str:
    """Say what a lag of so many `seconds` does to a score if it was chosen by its score.

    Whether it was is `known` of one that was taken from its chart; of any other nobody can tell.
    """
    chosen = (
        f"The lag of {seconds:g} s was chosen by its score, so a score with it is too good."
        if known
        else f"How the lag of {seconds:g} s was chosen is not known here. If its score chose it, "
        "a score with it is too good."
    )
    honest = "Timecourse shows the nested score." if nested is None else reading_nested(nested)
    return f"{chosen} {honest}"
