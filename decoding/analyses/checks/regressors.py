"""How alike the regressors of a run are: collinear ones share a response between their betas."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from decoding.datasets.base import Subject
from decoding.samples.glm import design_matrix
from decoding.samples.kinds import beta_models
from decoding.samples.trials import subject_trials

A_REGRESSOR_A_TRIAL = "lsa"


@dataclass(frozen=True, kw_only=True)
class Alike:
    """The two regressors of one run that correlate most, drift taken out."""

    run: int
    first: str
    second: str
    r: float


def most_alike(subject: Subject, kind: str) -> Alike | None:
    """Return the two task regressors that are most alike, over all runs.

    For single-trial betas of any kind one regressor a trial is compared: a model of its own for
    each trial (LSS) hides that two trials are one and the same, it does not mend it. None where no
    run has two regressors that vary.
    """
    lengths, trials = subject.volumes.groupby("run").size(), subject_trials(subject)
    found = [
        _most_alike_of_run(run, trials[trials["run"] == run], int(lengths[run]), subject.t_r, kind)
        for run in trials["run"].drop_duplicates().tolist()
    ]
    return max((alike for alike in found if alike), key=lambda alike: alike.r, default=None)


def _most_alike_of_run(
    run: int, trials: pd.DataFrame, n_volumes: int, t_r: float, kind: str
) -> Alike | None:
    one_model = len(beta_models(kind)(trials)) == 1
    design = design_matrix(trials, n_volumes, t_r, kind if one_model else A_REGRESSOR_A_TRIAL)
    is_drift = design.columns.str.startswith("drift") | (design.columns == "constant")
    drift, tasks = design.loc[:, is_drift].to_numpy(), design.loc[:, ~is_drift]
    basis, _ = np.linalg.qr(drift)
    values = tasks.to_numpy() - basis @ (basis.T @ tasks.to_numpy())
    norms = np.linalg.norm(values, axis=0)
    varying = np.flatnonzero(norms > 1e-8 * max(1.0, float(norms.max(initial=0.0))))
    if len(varying) < 2:
        return None
    unit = values[:, varying] / norms[varying]
    r = np.triu(unit.T @ unit, k=1)
    first, second = np.unravel_index(int(r.argmax()), r.shape)
    names = [str(tasks.columns[column]) for column in varying[[first, second]]]
    return Alike(run=run, first=names[0], second=names[1], r=float(r[first, second]))
