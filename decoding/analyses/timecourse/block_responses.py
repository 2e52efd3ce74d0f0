"""A first look at time: the mean response around onset, and what the model expects beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from decoding.analyses.record import Analysis
from decoding.analyses.timecourse.windows import (
    POSITIONS,
    Windows,
    read_windows,
    volumes_at,
)
from decoding.datasets.base import Subject
from decoding.errors import UnknownChoiceError
from decoding.kernels.regressor import regressor
from decoding.progress import Progress
from decoding.samples.glm import HRF_MODELS
from decoding.samples.trials import subject_trials
from decoding.spec import DecodingSpec

STEP = 0.5


@dataclass(frozen=True, kw_only=True)
class Options:
    """The model response beside the measured one, by nilearn's name; None for no convolution."""

    hrf_model: str | None = "glover"


@dataclass(frozen=True, kw_only=True, eq=False)
class ResponsesResult:
    """What a mask does around the onsets of each category.

    Parameters
    ----------
    responses, expected : pandas.DataFrame
        See `mean_responses` and `expected_response`.
    shown : tuple of float
        When the typical block begins and ends, in seconds from its first labelled volume.
    """

    spec: DecodingSpec
    responses: pd.DataFrame
    expected: pd.DataFrame
    shown: tuple[float, float]
    n_blocks: int
    n_voxels: int


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> ResponsesResult:
    """Average the mask's signal around the onsets of each category."""
    windows = read_windows(subject, spec, POSITIONS, (), on_progress)
    begin, duration = typical_block(windows)
    return ResponsesResult(
        spec=spec,
        responses=mean_responses(windows, POSITIONS),
        expected=expected_response(windows, POSITIONS, options.hrf_model),
        shown=(begin, begin + duration),
        n_blocks=len(windows.blocks),
        n_voxels=windows.n_voxels,
    )


def mean_responses(windows: Windows, positions: Sequence[int]) -> pd.DataFrame:
    """Average the mask's signal around the onsets of each category.

    Returns
    -------
    pandas.DataFrame
        One row a category and position: ``condition, position, seconds, percent`` (signal change
        from the run's mean), ``sem`` (its standard error over blocks; NaN for one block) and
        ``n_blocks``.
    """
    conditions = windows.blocks["condition"].to_numpy(dtype=object)
    rows = []
    for position in positions:
        volumes = volumes_at(windows.subject, windows.blocks, position)
        for condition in np.unique(conditions):
            chosen = volumes[(conditions == condition) & (volumes >= 0)]
            values, n = windows.percent[chosen], len(chosen)
            rows.append(
                {
                    "condition": condition,
                    "position": position,
                    "seconds": position * windows.subject.t_r,
                    "percent": float(values.mean()) if n else np.nan,
                    "sem": float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan,
                    "n_blocks": n,
                }
            )
    table = pd.DataFrame(rows)
    return table.sort_values(["condition", "position"], kind="stable", ignore_index=True)


def expected_response(
    windows: Windows, positions: Sequence[int], hrf_model: str | None = "glover"
) -> pd.DataFrame:
    """Return the model's response to a block of typical length, its peak at 1.

    The block begins where the GLM's do: at their labels, or at the onsets of the events, which lie
    before the first labelled volume.

    Returns
    -------
    pandas.DataFrame
        ``seconds`` from the first labelled volume in steps of 0.5 s, and ``response``.

    Raises
    ------
    UnknownChoiceError
        If there is no such model of the response.
    """
    if hrf_model not in HRF_MODELS:
        raise UnknownChoiceError("HRF model", str(hrf_model), HRF_MODELS)
    t_r = windows.subject.t_r
    begin, duration = typical_block(windows)
    first = min(positions) * t_r
    seconds = np.arange(first, max(positions) * t_r + STEP / 2, STEP)
    values = regressor(begin - first, duration, HRF_MODELS[hrf_model][0], seconds - first)
    peak = np.abs(values).max()
    return pd.DataFrame({"seconds": seconds, "response": values / (peak if peak > 0 else 1.0)})


def typical_block(windows: Windows) -> tuple[float, float]:
    """Return the GLM blocks' median onset from the first labelled volume, and duration, in s."""
    blocks = windows.blocks.set_index("block")
    trials = subject_trials(windows.subject).set_index("block").loc[blocks.index]
    return float((trials["onset"] - blocks["seconds"]).median()), float(trials["duration"].median())


ANALYSIS = Analysis(
    name="block_responses",
    question="What does a mask do around the onset of a block?",
    Options=Options,
    run=run,
    # The estimator's default takes a mask of any size.
    reads=frozenset({"dataset", "subject", "mask", "conditions"}),
)
