"""The linear models of one run: nilearn's regressors, arranged for each kind of beta.

nilearn's GLM takes half a second to import, so it is imported where a model is made.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from decoding.errors import DataError, SpecError, UnknownChoiceError
from decoding.kernels.least_squares import RunFit, Tasks, solve_models
from decoding.kernels.regressor import regressor
from decoding.samples.kinds import SAMPLES, RunModel, beta_models

GLOVER = ("glover_hrf", "glover_time_derivative", "glover_dispersion_derivative")
SPM = ("spm_hrf", "spm_time_derivative", "spm_dispersion_derivative")
HRF_MODELS: dict[str | None, tuple[str | None, ...]] = {
    "glover": GLOVER[:1],
    "spm": SPM[:1],
    "glover + derivative": GLOVER[:2],
    "spm + derivative": SPM[:2],
    "glover + derivative + dispersion": GLOVER,
    "spm + derivative + dispersion": SPM,
    None: (None,),
}
"""nilearn's names with those of its convolution kernels; None leaves the blocks as they are."""
DRIFT_MODELS = ("cosine", "polynomial", None)


@dataclass(frozen=True, kw_only=True)
class GlmModel:
    """How a run is modelled, by nilearn's names.

    Parameters
    ----------
    hrf_model : str or None
        A name in ``HRF_MODELS``. With derivatives, a beta is the effect of the response itself.
    drift_model : str or None
        A name in ``DRIFT_MODELS``.
    high_pass : float
        Highest frequency of the cosine drift, in Hz.
    drift_order : int
        Order of the polynomial drift.
    """

    hrf_model: str | None = "glover"
    drift_model: str | None = "cosine"
    high_pass: float = 0.01
    drift_order: int = 1

    def __post_init__(self) -> None:
        if self.hrf_model not in HRF_MODELS:
            raise UnknownChoiceError("HRF model", self.hrf_model, HRF_MODELS)
        if self.drift_model not in DRIFT_MODELS:
            raise UnknownChoiceError("drift model", self.drift_model, DRIFT_MODELS)
        if not 0 <= self.high_pass < np.inf:
            raise SpecError(f"The high-pass cannot be {self.high_pass}; it is a frequency in Hz.")
        if self.drift_order < 0:
            raise SpecError(f"The order of drift cannot be {self.drift_order}; it is 0 or more.")


def design_matrix(
    trials_of_run: pd.DataFrame,
    n_volumes: int,
    t_r: float,
    kind: str,
    model: GlmModel | None = None,
    confounds: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the design that is fitted to a run, for a picture; with LSS, that of its first trial.

    It has one row a volume, the index its time in seconds; one column a regressor, samples first.

    Parameters
    ----------
    trials_of_run : pandas.DataFrame
        The trials of one run, from `decoding.samples.trials`.
    t_r : float
        Repetition time in seconds.
    kind : str
        A kind of betas in ``SAMPLES``.
    confounds : pandas.DataFrame or None
        Regressors of no interest, from `decoding.samples.confounds.regressors_of`.
    """
    model = model or GlmModel()
    shown = beta_models(kind)(trials_of_run)[0]
    drift = _drift(n_volumes, t_r, model, confounds)
    tasks = _tasks(shown, _responses(trials_of_run, n_volumes, t_r, model))
    per_task = tasks.shape[1] // len(shown.groups)
    suffixes = ["", ", derivative", ", dispersion"][:per_task]
    names = [f"{name}{suffix}" for name in shown.groups for suffix in suffixes]
    return pd.DataFrame(tasks, columns=names, index=drift.index).join(drift)


def solve_run(
    trials_of_run: pd.DataFrame,
    volumes: slice,
    t_r: float,
    kind: str,
    model: GlmModel,
    confounds: pd.DataFrame | None = None,
) -> RunFit:
    """Solve a run's models, for its `volumes` in the recording; with errors where `kind` is of t.

    Confounds are regressors of each model, a row a volume.

    Raises
    ------
    DataError
        If a trial begins after the run's end, or the run is too short for the model.
    """
    n_volumes = volumes.stop - volumes.start
    _check_onsets(trials_of_run, n_volumes * t_r)
    drift = _drift(n_volumes, t_r, model, confounds).to_numpy()
    responses = _responses(trials_of_run, n_volumes, t_r, model)
    models = []
    for one in beta_models(kind)(trials_of_run):
        tasks = _tasks(one, responses)
        _check_columns(tasks.shape[1] + drift.shape[1], n_volumes, trials_of_run)
        # A sample is the response itself: the first column of its group, derivatives follow it.
        per_task = tasks.shape[1] // len(one.groups)
        effects = range(0, one.n_effects * per_task, per_task)
        models.append(Tasks(regressors=tasks, effects=effects))
    return solve_models(volumes, drift, models, with_errors=SAMPLES[kind].is_t)


def _drift(
    n_volumes: int, t_r: float, model: GlmModel, confounds: pd.DataFrame | None
) -> pd.DataFrame:
    """Return the regressors that are no task: the confounds, then drift and constant."""
    from nilearn.glm.first_level import make_first_level_design_matrix

    drift: pd.DataFrame = make_first_level_design_matrix(
        np.arange(n_volumes) * t_r,
        drift_model=model.drift_model,
        high_pass=model.high_pass,
        drift_order=model.drift_order,
        add_regs=None if confounds is None else confounds.to_numpy(),
        add_reg_names=None if confounds is None else list(confounds.columns),
    )
    return drift


def _responses(
    trials_of_run: pd.DataFrame, n_volumes: int, t_r: float, model: GlmModel
) -> np.ndarray:
    """Convolve each trial alone: shape (n_trials, n_volumes, n_kernels)."""
    times = zip(trials_of_run["onset"], trials_of_run["duration"], strict=True)
    kernels = HRF_MODELS[model.hrf_model]
    return np.array(
        [
            [_response(onset, duration, kernel, n_volumes, t_r) for kernel in kernels]
            for onset, duration in times
        ]
    ).swapaxes(1, 2)


@lru_cache(maxsize=1024)
def _response(
    onset: float, duration: float, kernel: str | None, n_volumes: int, t_r: float
) -> np.ndarray:
    # Kept because the runs of a study often share one timeline: this is the dear step of LSS.
    times = np.arange(n_volumes) * t_r
    response = regressor(onset, duration, kernel, times)
    response.setflags(write=False)
    return response


def _tasks(one: RunModel, responses: np.ndarray) -> np.ndarray:
    """Return each group's columns as nilearn makes them of one condition with these events.

    Convolution is linear, so the trials of a group add up; nilearn then makes the derivatives
    orthogonal to the response.
    """
    from nilearn.glm.first_level.hemodynamic_models import orthogonalize

    return np.hstack([orthogonalize(responses[group].sum(axis=0)) for group in one.groups.values()])


def _check_onsets(trials_of_run: pd.DataFrame, seconds: float) -> None:
    late = trials_of_run[trials_of_run["onset"] >= seconds]
    if len(late):
        raise DataError(
            f"A block of {late['condition'].iloc[0]} begins {late['onset'].iloc[0]:g} s into run "
            f"{late['run'].iloc[0]}, which lasts {seconds:g} s; "
            "the labels or events must belong to this recording."
        )


def _check_columns(n_columns: int, n_volumes: int, trials_of_run: pd.DataFrame) -> None:
    if n_columns >= n_volumes:
        raise DataError(
            f"Run {trials_of_run['run'].iloc[0]} has {n_volumes} volumes, too few for a model with "
            f"{n_columns} columns: no degree of freedom is left for the noise. LSS betas need few; "
            "volumes and block means need none."
        )
