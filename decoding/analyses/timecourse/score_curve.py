"""Scores along an axis of time, each step with its null."""

from collections.abc import Callable, Sequence

import numpy as np

from decoding.analyses.permute import relabelled_scores
from decoding.analyses.timecourse.result import ScoreCurve
from decoding.analyses.timecourse.windows import Windows
from decoding.errors import SpecError
from decoding.progress import Progress, part_of
from decoding.relabel import Relabellings
from decoding.samples.extract import Samples


def score_curve(
    windows: Windows,
    steps: Sequence[int],
    relabelled: Relabellings,
    samples_at: Callable[[int], tuple[Samples, np.ndarray]],
    on_progress: Progress | None = None,
) -> ScoreCurve:
    """Decode at each step, with the scores of the same relabellings.

    Parameters
    ----------
    steps : sequence of int
        In volumes. One that cannot be decoded, as a category is lost there, is left out.
    relabelled : Relabellings
        Of all blocks.
    samples_at : callable
        Gives a step's samples, and which block each is of: a step may lack some.

    Raises
    ------
    SpecError
        If no step can be decoded.
    """
    kept, scores, counts, problem = [], [], [], None
    for number, step in enumerate(steps):
        tell = part_of(on_progress, number / len(steps), (number + 1) / len(steps))
        try:
            samples, of_block = samples_at(step)
            labels = relabelled.labels[:, of_block]
            scores.append(relabelled_scores(samples, windows.spec, labels, tell))
        except SpecError as error:
            problem = error
            continue
        kept.append(step)
        counts.append(len(samples.y))
    if problem is not None and not kept:
        raise problem
    table = np.stack(scores, axis=1)
    return ScoreCurve(
        steps=np.array(kept),
        t_r=windows.subject.t_r,
        scores=table[0],
        null=relabelled.null(table),
        n_samples=np.array(counts),
    )
