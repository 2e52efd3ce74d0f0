"""When the information is there: decoding by position from block onset, and by lag."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from decoding.analyses.decode import estimator_for, pick_estimator, predict_folds
from decoding.analyses.permute import FEW_SAMPLES, seconds_each
from decoding.analyses.record import ALL_FIELDS, YES, Analysis, Tried, check_answer, flag
from decoding.analyses.timecourse.block_responses import expected_response, mean_responses
from decoding.analyses.timecourse.curves import nested_lag, score_curve
from decoding.analyses.timecourse.result import TimecourseResult
from decoding.analyses.timecourse.windows import (
    LAGS,
    POSITIONS,
    Windows,
    find_onsets,
    lag_samples,
    read_windows,
)
from decoding.cross_validation import make_folds
from decoding.datasets.base import Subject
from decoding.folds import Folds
from decoding.progress import Progress, part_of
from decoding.relabel import Relabellings, check_number, relabel, write_draws
from decoding.samples.extract import Samples
from decoding.samples.trials import onset_source, subject_trials
from decoding.spec import DecodingSpec

SHARES = (0.0, 0.1, 0.3, 0.4, 0.8, 1.0)
"""About how far the work is before and after each part."""
RELABELLINGS, RELABELLINGS_OF_MANY = 200, 50


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the null is drawn, and what stands beside the scores; each field's help says more."""

    permutations: int | None = flag(
        None,
        "relabellings of each null (default: 200, 50 for more than two categories)",
        metavar="N",
    )
    seed: int = flag(0, "of the relabellings drawn")
    nested: str = flag(
        YES,
        "also choose the lag inside each training fold (default: yes)",
        metavar="yes|no",
        kind=str,
    )
    hrf_model: str = flag("glover", "the model response, nilearn's name", metavar="NAME", kind=str)


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> TimecourseResult:
    """Decode each position from -4 to 12 volumes around onset, and each lag from -2 to 6.

    The spec's own lag is not used. At a position a sample is one volume of a block; positions
    outside a run are left out.

    Raises
    ------
    SpecError
        If the number of relabellings is out of bounds, `nested` is neither yes nor no, or
        the lag cannot be chosen inside some training fold.
    """
    check_number(options.permutations)
    check_answer(options.nested, "the lag is chosen in training")
    pick_estimator(spec.estimator)  # an unknown one is refused before anything is read
    parts = [part_of(on_progress, begin, end) for begin, end in pairwise(SHARES)]
    windows = read_windows(subject, spec, POSITIONS, LAGS, parts[0])
    expected = expected_response(windows, POSITIONS, options.hrf_model)
    relabelled = relabel_blocks(windows, options.permutations, options.seed)
    course = score_curve(windows, windows.samples_at_position, POSITIONS, relabelled, parts[1])
    matrix = generalization_matrix(windows, course.steps.tolist(), parts[2])
    lags = score_curve(windows, windows.samples_at_lag, LAGS, relabelled, parts[3])
    nested = nested_lag(windows, LAGS, parts[4]) if options.nested == YES else None
    return TimecourseResult(
        spec=spec,
        classes=tuple(np.unique(windows.blocks["condition"].to_numpy(dtype=object)).tolist()),
        course=course,
        generalization=matrix,
        responses=mean_responses(windows, POSITIONS),
        expected=expected,
        lags=lags,
        lag_samples=lag_samples(spec),
        nested=nested,
        onset_source=onset_source(subject),
        shifts=own_shifts(subject),
        n_blocks=len(windows.blocks),
        n_voxels=windows.n_voxels,
        version=subject.version,
    )


def own_shifts(subject: Subject) -> pd.DataFrame | None:
    """Return how much later the labelled volumes begin than the events, where there are both."""
    if not subject.events:
        return None
    first = find_onsets(subject, subject.conditions).set_index("block")["seconds"]
    trials = subject_trials(subject).rename(columns={"onset": "onset_events"})
    trials = trials[trials["block"].isin(first.index)]
    shifts = trials.assign(onset=first[trials["block"]].to_numpy())
    columns = ["run", "block", "condition", "onset", "onset_events", "shift"]
    return shifts.assign(shift=shifts["onset"] - shifts["onset_events"])[columns]


def relabel_blocks(windows: Windows, permutations: int | None, seed: int) -> Relabellings:
    """Relabel the windows' blocks within runs: all of them, also those that a step may lack."""
    table = windows.blocks
    if permutations is None:
        two = table["condition"].nunique() == 2
        permutations = RELABELLINGS if two else RELABELLINGS_OF_MANY
    conditions, runs, blocks = (table[name].to_numpy() for name in ("condition", "run", "block"))
    return relabel(conditions.astype(object), runs, blocks, permutations, seed)


def generalization_matrix(
    windows: Windows, positions: Sequence[int], on_progress: Progress | None = None
) -> np.ndarray:
    """Train at each position and test at every position, on blocks left out of training.

    Returns
    -------
    ndarray of float, shape (n_positions, n_positions)
        Mean fold accuracy; rows trained, columns tested. NaN where a fold tests no volume.
    """
    parts = [windows.samples_at_position(position) for position in positions]
    samples = Samples(
        X=np.concatenate([part.X for part in parts]),
        y=np.concatenate([part.y for part in parts]),
        runs=np.concatenate([part.runs for part in parts]),
        blocks=np.concatenate([part.blocks for part in parts]),
    )
    position_of = np.repeat(np.arange(len(parts)), [len(part.y) for part in parts])
    row_of = np.full((len(parts), len(windows.blocks)), -1)
    row_of[position_of, windows.places_of(samples)] = np.arange(len(samples.y))
    y = windows.blocks["condition"].to_numpy(dtype=object).astype(str)
    of_blocks = make_folds(windows.spec.cv, y, windows.blocks["run"].to_numpy())
    folds = _cross_folds(row_of, of_blocks)
    estimator = estimator_for(windows.spec, samples)
    table = predict_folds(samples, estimator, folds, on_progress)
    trained, fold = np.divmod(table["fold"].to_numpy() - 1, len(of_blocks))
    tested = position_of[table["sample"].to_numpy()]
    right = (table["true"] == table["predicted"]).groupby([trained, tested, fold]).mean()
    return right.unstack().mean(axis=1, skipna=False).unstack().to_numpy()


def _cross_folds(row_of: np.ndarray, of_blocks: Folds) -> Folds:
    """Return a fold for each position and fold of blocks: it tests at all positions."""
    folds = []
    for rows in row_of:
        for train, test in of_blocks:
            fitted, tested = rows[train], row_of[:, test].ravel()
            folds.append((fitted[fitted >= 0], tested[tested >= 0]))
    return folds


def _seconds(subject: Subject, spec: DecodingSpec, options: Options) -> float:
    number = options.permutations or RELABELLINGS
    return (len(POSITIONS) + len(LAGS)) * number * seconds_each(spec) * FEW_SAMPLES


def _page_settings(spec: DecodingSpec, options: Options) -> dict[str, str]:
    own = {
        "relabelled": write_draws(options.permutations, options.seed),
        "nested": "" if options.nested == YES else options.nested,
        "hrf": "" if options.hrf_model == Options.hrf_model else options.hrf_model,
    }
    return {name: text for name, text in own.items() if text}


def _tried(result: TimecourseResult) -> Iterator[Tried]:
    """Yield each lag, and once the curve around onset: its band holds for all volumes at once."""
    spec = replace(result.spec, samples=result.lag_samples)
    for seconds in result.lags.table["seconds"]:
        yield replace(spec, lag=seconds), ""
    if result.nested is not None:
        yield spec, "lag chosen in training"
    yield spec, "the curve around onset"


ANALYSIS = Analysis(
    name="timecourse",
    question="When is the information there?",
    Options=Options,
    run=run,
    reads=ALL_FIELDS - {"lag"},
    tried=_tried,
    seconds=_seconds,
    page_settings=_page_settings,
    command=True,
)
