"""What is fitted to a run for a kind of betas: the columns of its linear model."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from decoding.analyses.record import Analysis
from decoding.datasets.base import Subject
from decoding.progress import Progress
from decoding.samples.confounds import confounds_of, regressors_of
from decoding.samples.glm import GlmModel, design_matrix
from decoding.samples.trials import subject_trials
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which run of the recording, which kind of betas, and the model of a run.

    Where each block has a model of its own, the first one's is meant.
    """

    run: int = 1
    kind: str = "run_beta"
    model: GlmModel = field(default_factory=GlmModel)


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> pd.DataFrame:
    """Make the design of one run; see `decoding.samples.glm.design_matrix`."""
    trials = subject_trials(subject)
    found = np.flatnonzero(subject.volumes["run"] == options.run)
    volumes = slice(int(found[0]), int(found[-1]) + 1)
    return design_matrix(
        trials[trials["run"] == options.run],
        len(found),
        subject.t_r,
        options.kind,
        options.model,
        regressors_of(confounds_of(subject, spec.confounds), options.run, volumes),
    )


ANALYSIS = Analysis(
    name="design_matrix",
    question="What is fitted to a run?",
    Options=Options,
    run=run,
    reads=frozenset({"dataset", "subject", "confounds"}),
)
