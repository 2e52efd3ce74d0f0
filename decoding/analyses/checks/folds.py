"""Whether what a model is tested on is apart from what it has learnt."""

import numpy as np

from decoding.analyses.checks.design import Design, Finding
from decoding.cross_validation import CV_SCHEMES
from decoding.numbers import number_text, percent_text
from decoding.samples.kinds import SAMPLES
from decoding.samples.volumes import each_volume


def whole_blocks(design: Design) -> Finding:
    """Look for blocks with samples on both sides of a fold."""
    split = {
        int(block)
        for train, test in design.folds
        for block in np.intersect1d(design.samples.blocks[train], design.samples.blocks[test])
    }
    if not split:
        return "pass", "No block has samples on both sides of a fold."
    return "fail", (
        f"Blocks with samples on both sides of a fold: {len(split)} of {design.samples.n_blocks}. "
        "The model is tested on neighbours of what it has learnt. Leave whole runs out."
    )


def whole_runs(design: Design) -> Finding:
    """Look for runs on both sides of a fold."""
    shared = sum(
        bool(np.intersect1d(design.samples.runs[train], design.samples.runs[test]).size)
        for train, test in design.folds
    )
    if not shared:
        return "pass", "Training and testing never share a run."
    return "warn", (
        f"In {shared} of {number_text(len(design.folds), 'fold')} some run is on both sides. Its "
        "volumes share drift and noise, so the score is not one for new runs. Leave runs out."
    )


def volume_wise(design: Design) -> Finding:
    """Look for tested volumes beside one of their own block that was learnt from."""
    of_volumes = SAMPLES[design.spec.samples].average is each_volume
    if not of_volumes or CV_SCHEMES[design.spec.cv].by_run:
        return "pass", "Volumes that follow each other are kept together."
    share = _share_beside_training(design)
    if share > 0:
        return "fail" if share > 0.5 else "warn", (
            f"{percent_text(share)} of the tested volumes have a neighbour of their own block in "
            f"training, {design.subject.t_r:g} s away and almost the same image. Leave "
            "whole runs out, or decode block means."
        )
    return "pass", "No tested volume has a neighbour of its own block in training."


def _share_beside_training(design: Design) -> float:
    first = np.flatnonzero(np.diff(design.samples.blocks) == 0)  # of two neighbours in a block
    beside = [
        np.isin(test, [*first[np.isin(first + 1, train)], *first[np.isin(first, train)] + 1])
        for train, test in design.folds
    ]
    return float(np.concatenate(beside).mean())


def enough_runs(design: Design) -> Finding:
    """Ask for three runs or more."""
    n = len(np.unique(design.samples.runs))
    if n >= 3:
        return "pass", f"{n} runs hold the chosen categories."
    return "fail", (
        f"The chosen categories are in {number_text(n, 'run')} only, so the score rests on one or "
        "two models. Record or include more runs."
    )


def training_runs(design: Design) -> Finding:
    """Ask that every model learns from several runs."""
    numbers = {len(np.unique(design.samples.runs[train])) for train, _ in design.folds}
    parts = CV_SCHEMES[design.spec.cv].parts
    told = f" {parts(design.samples.runs)}" if parts else ""
    if min(numbers) > 1:
        most = "" if len(numbers) == 1 else f" to {max(numbers)}"
        return "pass", f"Every model learns from {min(numbers)}{most} runs.{told}"
    return "warn", (
        f"Some model learns from a single run.{told} What it takes for a category may be that "
        "run's own noise and drift. Choose a scheme with more training runs, or record more."
    )


def enough_samples(design: Design) -> Finding:
    """Ask for a sample of each category in each fold."""
    n, needed = len(design.samples.y), len(design.samples.classes) * len(design.folds)
    if n >= needed:
        return "pass", f"{number_text(n, 'sample')} for {number_text(len(design.folds), 'fold')}."
    return "fail", (
        f"{number_text(n, 'sample')} cannot give each of {number_text(len(design.folds), 'fold')} "
        f"one of each of {len(design.samples.classes)} categories to test. Choose fewer folds, or "
        "volumes as samples."
    )
