"""Trials: one row for each block of a recording; and how far labels and events lie apart."""

from itertools import combinations

import pandas as pd

from decoding.datasets.base import NO_BLOCK, Subject
from decoding.datasets.responses import lacking
from decoding.errors import SpecError
from decoding.numbers import list_text
from decoding.samples.kinds import SAMPLES, as_fitted
from decoding.samples.volumes import chosen_conditions
from decoding.spec import DecodingSpec


def subject_trials(subject: Subject) -> pd.DataFrame:
    """Return the trials of a subject that give betas, as in `Subject`.

    Raises
    ------
    SpecError
        If there is no series in time; or if trials come from labels and a run holds only labelled
        volumes: the response to a block reaches into volumes that are not there.
    """
    if subject.maps:
        raise SpecError(
            f"The images of subject {subject.name} are no series in time, so no model can be "
            "fitted to them. Decode them as they are: volumes."
        )
    if not subject.events:
        resting = (subject.volumes["block"] == NO_BLOCK).groupby(subject.volumes["run"]).any()
        if not resting.all():
            raise SpecError(
                f"Run {resting.index[~resting][0]} holds only labelled volumes; trials need the "
                "rest between blocks. Choose a recording of whole runs, or samples of volumes or "
                "blocks."
            )
    return subject.trials[~lacking(subject.trials, subject.volumes, subject.t_r)]


def labels_enter(subject: Subject, spec: DecodingSpec) -> bool:
    """Tell whether other labels of the samples of a run would have made other models of betas.

    Then samples know their labels before these are relabelled, and a permutation test is not exact.
    Run betas are named by their labels, but come from the same models under every renaming.
    """
    make = SAMPLES[spec.samples].models
    if make is None:
        return False
    conditions = chosen_conditions(subject, spec)
    for _, of_run in subject_trials(subject).groupby("run", sort=False):
        fitted, labels = as_fitted(make(of_run)), of_run["condition"].to_numpy(dtype=object)
        samples = {labels[own[0]]: own for own, _ in fitted if labels[own[0]] in conditions}
        for (one, here), (other, there) in combinations(samples.items(), 2):
            swapped = labels.copy()
            swapped[here], swapped[there] = other, one
            if sorted(as_fitted(make(of_run.assign(condition=swapped)))) != sorted(fitted):
                return True
    return False


def unmodelled_text(subject: Subject) -> str:
    """Say which types of trial the models of betas go without, as asked; empty for none."""
    kinds = subject.categories.left_out
    if not kinds or subject.maps:
        return ""
    was, them = ("was", "it") if len(kinds) == 1 else ("were", "them")
    return (
        f"The models of betas have no regressor for {list_text(map(repr, kinds))}, which {was} "
        f"left out: responses to {them} count as baseline."
    )


def onset_source(subject: Subject) -> str:
    """Return where the onsets of a subject's betas come from, as a page says it."""
    return "events.tsv" if subject.events else "labels.txt"


def onset_shifts(from_volumes: pd.DataFrame, from_events: pd.DataFrame) -> pd.DataFrame:
    """Measure how much later each block begins in the labels than in the events.

    Blocks of one recording are paired by run, category and order; labels that follow the volumes
    may begin seconds after the first stimulus. Return the trials of `from_volumes` with
    ``onset_events``, ``duration_events`` and ``shift``, the onset in the labels minus that in the
    events, in seconds (NaN where the events lack it).
    """
    keys = ["run", "condition", "repeat"]
    left, right = (
        trials.assign(repeat=trials.groupby(["run", "condition"]).cumcount())
        for trials in (from_volumes, from_events)
    )
    paired = left.merge(
        right[[*keys, "onset", "duration"]], on=keys, how="left", suffixes=("", "_events")
    )
    return paired.drop(columns="repeat").assign(shift=paired["onset"] - paired["onset_events"])


def shifts_between(labelled: Subject, with_events: Subject) -> pd.DataFrame | None:
    """Measure the shift between two subjects that are one recording, labelled and with events.

    Runs pair in their order: their numbers may differ. Return what `onset_shifts` does, ``run`` as
    in `labelled`; None where the two do not show the same categories in the same order, and so are
    not one recording.
    """
    from_labels, from_events = labelled.trials, subject_trials(with_events)
    ours, theirs = (
        one.volumes["run"].drop_duplicates().tolist() for one in (labelled, with_events)
    )
    if len(ours) != len(theirs):
        return None
    renamed = from_events.assign(run=from_events["run"].map(dict(zip(theirs, ours, strict=True))))
    keys = ["run", "condition"]
    if from_labels[keys].to_numpy().tolist() != renamed[keys].to_numpy().tolist():
        return None
    return onset_shifts(from_labels, renamed)
