"""The mean response to each category around onset, and what the model expects, on one axis."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from decoding.analyses.timecourse.windows import Windows, find_run_starts, volumes_at
from decoding.errors import UnknownChoiceError
from decoding.samples.glm import HRF_MODELS, regressor
from decoding.samples.trials import subject_trials

STEP = 0.5


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
            values = windows.percent[chosen]
            rows.append(
                {
                    "condition": condition,
                    "position": position,
                    "seconds": position * windows.subject.t_r,
                    "percent": float(values.mean()) if len(values) else np.nan,
                    "sem": _standard_error(values),
                    "n_blocks": len(values),
                }
            )
    table = pd.DataFrame(rows)
    return table.sort_values(["condition", "position"], kind="stable", ignore_index=True)


def _standard_error(values: np.ndarray) -> float:
    if len(values) < 2:
        return np.nan
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def expected_response(
    windows: Windows, positions: Sequence[int], hrf_model: str | None = "glover"
) -> pd.DataFrame:
    """Return the model's response to a block of typical length, its peak at 1.

    The block begins where the blocks of the GLM begin: at their labels, or at the onsets of the
    events, which lie before the first labelled volume.

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
    """Return the median onset and duration of the GLM's blocks.

    Returns
    -------
    onset, duration : float
        Seconds; the onset from the block's first labelled volume.
    """
    subject, blocks = windows.subject, windows.blocks
    trials = subject_trials(subject).set_index("block").loc[blocks["block"]]
    run_starts = find_run_starts(subject)[blocks["run"]].to_numpy()
    first = (blocks["onset"].to_numpy() - run_starts) * subject.t_r
    return (
        float(np.median(trials["onset"].to_numpy() - first)),
        float(trials["duration"].median()),
    )
