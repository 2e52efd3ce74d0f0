"""A first look at time: the mean response around onset, and the model beside it."""

from dataclasses import dataclass, field

import pandas as pd

from decoding.analyses.record import Analysis
from decoding.analyses.timecourse.analysis import POSITIONS
from decoding.analyses.timecourse.responses import expected_response, mean_responses, typical_block
from decoding.analyses.timecourse.windows import read_windows
from decoding.datasets.base import Subject
from decoding.progress import Progress
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True)
class Options:
    """The model response beside the measured one, by nilearn's name; None for no convolution."""

    hrf_model: str | None = field(default="glover", metadata={"type": str})


@dataclass(frozen=True, kw_only=True, eq=False)
class ResponsesResult:
    """What a mask does around the onsets of each category.

    Parameters
    ----------
    spec : DecodingSpec
        Only its recording, mask and categories take part.
    responses, expected : pandas.DataFrame
        See `decoding.analyses.timecourse.responses`.
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


ANALYSIS = Analysis(
    name="block_responses",
    question="What does a mask do around the onset of a block?",
    Options=Options,
    run=run,
    # The estimator's default takes a mask of any size.
    reads=frozenset({"dataset", "subject", "mask", "conditions"}),
)
