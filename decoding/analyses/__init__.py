"""One file or folder, one analysis: a subject, a spec and options in, a result out."""

from typing import Any

from decoding.analyses import (
    across,
    check,
    data,
    decode,
    design_matrix,
    group,
    guess,
    mean_signal,
    motion,
    notes,
    onset_shifts,
    permute,
    quality,
    replay,
    response_maps,
    sample_kinds,
    schemes,
    split_half,
    truth,
    weights,
)
from decoding.analyses.choices import analysis as choices
from decoding.analyses.controls import analysis as controls
from decoding.analyses.pairs import analysis as pairs
from decoding.analyses.pairs import cross
from decoding.analyses.pairs import masks as pair_masks
from decoding.analyses.pairs import models as pair_models
from decoding.analyses.pairs import scores as pair_scores
from decoding.analyses.plan import analysis as plan
from decoding.analyses.record import Analysis
from decoding.analyses.searchlight import analysis as searchlight
from decoding.analyses.searchlight import peaks, sphere
from decoding.analyses.timecourse import analysis as timecourse
from decoding.analyses.timecourse import block_responses

ANALYSES: dict[str, Analysis[Any, Any]] = {
    analysis.name: analysis
    for analysis in (
        decode.ANALYSIS,
        permute.ANALYSIS,
        check.ANALYSIS,
        searchlight.ANALYSIS,
        timecourse.ANALYSIS,
        pairs.ANALYSIS,
        choices.ANALYSIS,
        controls.ANALYSIS,
        replay.ANALYSIS,
        plan.ANALYSIS,
        notes.ANALYSIS,
        data.ANALYSIS,
        quality.ANALYSIS,
        motion.ANALYSIS,
        weights.ANALYSIS,
        truth.ANALYSIS,
        mean_signal.ANALYSIS,
        split_half.ANALYSIS,
        schemes.ANALYSIS,
        block_responses.ANALYSIS,
        sample_kinds.ANALYSIS,
        response_maps.ANALYSIS,
        design_matrix.ANALYSIS,
        onset_shifts.ANALYSIS,
        choices.SCORES,
        pair_scores.ANALYSIS,
        pair_models.ANALYSIS,
        pair_masks.ANALYSIS,
        cross.ANALYSIS,
        group.ANALYSIS,
        across.ANALYSIS,
        peaks.ANALYSIS,
        sphere.ANALYSIS,
        guess.ANALYSIS,
    )
}
"""Every analysis by its name, those with a command first, in the order of their commands."""
