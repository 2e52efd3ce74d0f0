"""What a sample can be: a volume, the mean of a block, or the beta or t value of a linear model.

Only the arrangement and the words stand here; the models are fitted in `decoding.samples.betas`,
which brings nilearn's, so that a first number can be on screen before that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from decoding.registry import Choice, pick
from decoding.samples.volumes import Averaging, Selection, block_means, each_volume


@dataclass(frozen=True, kw_only=True)
class RunModel:
    """One linear model of a run: which of its trials share a task regressor.

    Parameters
    ----------
    groups : mapping of str to list of int
        By the regressor's name, the positions of its trials among those of the run.
    n_effects : int
        How many regressors, the first ones, are samples; the others are controls.
    """

    groups: Mapping[str, list[int]]
    n_effects: int

    @property
    def effects(self) -> list[list[int]]:
        """The groups that are samples."""
        return list(self.groups.values())[: self.n_effects]


@dataclass(frozen=True, kw_only=True)
class SampleKind(Choice):
    """A kind of sample: either volumes that are averaged, or betas, or their t values.

    Parameters
    ----------
    code : str
        Lines of the exported program. Of volumes: what turns the selected ones into samples. Of
        betas: what is fitted to one run.
    average : callable or None
        How selected volumes become samples; None for betas.
    models : callable or None
        Makes the linear models of a run from the table of its trials; None where nothing is
        fitted.
    t_of : str
        The kind of betas whose t values these are; empty of any other kind.
    """

    code: str
    average: Callable[[Selection], Averaging] | None = None
    models: Callable[[pd.DataFrame], list[RunModel]] | None = None
    t_of: str = ""

    @property
    def is_beta(self) -> bool:
        """Whether it comes from a linear model, which holds the delay and the drift."""
        return self.models is not None

    @property
    def is_t(self) -> bool:
        """Whether it is a beta over its standard error."""
        return bool(self.t_of)


def pick_kind(name: str) -> SampleKind:
    """Return the registered kind of sample of that name."""
    return pick(SAMPLES, name, "kind of sample")


def beta_models(name: str) -> Callable[[pd.DataFrame], list[RunModel]]:
    """Return what makes the models of a run for a kind of betas."""
    betas = {key: kind.models for key, kind in SAMPLES.items() if kind.models is not None}
    return pick(betas, name, "kind of betas")


def as_fitted(models: list[RunModel]) -> list[tuple[list[int], list[list[int]]]]:
    """Return of each sample of a run its own trials, and which trials share a regressor.

    Kinds of betas that agree on these are the same numbers, whatever their models are called.
    """
    return [(own, sorted(model.groups.values())) for model in models for own in model.effects]


def _all_blocks_in_one(trials_of_run: pd.DataFrame) -> list[RunModel]:
    names = _block_names(trials_of_run)
    groups = {name: [i] for i, name in enumerate(names)}
    return [RunModel(groups=groups, n_effects=len(groups))]


def _each_block_against_others(trials_of_run: pd.DataFrame) -> list[RunModel]:
    # The others go together whatever their category, so that no label enters a sample.
    return _each_against(trials_of_run, ["all other blocks"] * len(trials_of_run))


def _each_block_against_categories(trials_of_run: pd.DataFrame) -> list[RunModel]:
    return _each_against(trials_of_run, [f"other {name}" for name in trials_of_run["condition"]])


def _each_against(trials_of_run: pd.DataFrame, controls: list[str]) -> list[RunModel]:
    """Return a model a trial: its regressor, and those of the controls that the others make up."""
    models = []
    for i, name in enumerate(_block_names(trials_of_run)):
        groups = {name: [i]}
        for other, control in enumerate(controls):
            if other != i:
                groups.setdefault(control, []).append(other)
        models.append(RunModel(groups=groups, n_effects=1))
    return models


def _one_regressor_a_condition(trials_of_run: pd.DataFrame) -> list[RunModel]:
    groups: dict[str, list[int]] = {}
    for i, condition in enumerate(trials_of_run["condition"]):
        groups.setdefault(condition, []).append(i)
    return [RunModel(groups=groups, n_effects=len(groups))]


def _block_names(trials_of_run: pd.DataFrame) -> list[str]:
    pairs = zip(trials_of_run["condition"], trials_of_run["block"], strict=True)
    return [f"{condition}, block {block}" for condition, block in pairs]


def _t_values(name: str, betas: SampleKind) -> SampleKind:
    """Make the kind of t values of a kind of betas: but for the words it is that kind."""
    return replace(
        betas,
        label=betas.label.replace("betas", "t values"),
        help=f"Each of the {betas.label} over its standard error: noisy voxels count less.",
        methods=f"the t value of {betas.methods}",
        t_of=name,
    )


AS_THEY_ARE = "volume"
"""The kind that takes each volume, or each image that was made elsewhere, as it is."""
SAMPLES: dict[str, SampleKind] = {
    AS_THEY_ARE: SampleKind(
        label="volumes",
        help="Every scan of a block is a sample, as in the tutorial.",
        methods="each labelled volume was one sample",
        average=each_volume,
        code="",
    ),
    "block": SampleKind(
        label="block means",
        help="The mean of a block's standardized volumes is one sample.",
        methods="the mean of a block's volumes was one sample",
        average=block_means,
        code="""
# One sample a block: the mean of its volumes
names, first = np.unique(blocks, return_index=True)
X = np.stack([X[blocks == name].mean(axis=0) for name in names])
y, runs, blocks = y[first], runs[first], names
""",
    ),
    "lsa": SampleKind(
        label="LSA betas",
        help="How strongly each block was responded to: one linear model of all blocks of a run.",
        methods="each block's response amplitude was one sample, estimated with all blocks of the "
        "run in one general linear model (LSA)",
        models=_all_blocks_in_one,
        code="""
names = [f"block_{name}" for name in of_run["block"]]
model, kept = fit(scan, of_run.assign(trial_type=names)), of_run
X.extend(estimate(model, name) for name in names)
""",
    ),
    "lss": SampleKind(
        label="LSS betas",
        help="How strongly each block was responded to: a linear model for each block of a run.",
        methods="each block's response amplitude was one sample, estimated in a general linear "
        "model of that block against all other blocks of the run (LSS; Mumford et al. 2012)",
        models=_each_block_against_others,
        code="""
kept = of_run
for name in of_run["block"]:
    this = np.where(of_run["block"] == name, "this", "others")
    X.append(estimate(fit(scan, of_run.assign(trial_type=this)), "this"))
""",
    ),
    "lss_by_condition": SampleKind(
        label="LSS betas by category",
        help="How strongly each block was responded to: a linear model for each, the other "
        "blocks apart by category.",
        methods="each block's response amplitude was one sample, estimated in a general linear "
        "model of that block against the other blocks of the run, one regressor for each of their "
        "categories (LSS; Abdulrahman and Henson 2016)",
        models=_each_block_against_categories,
        code="""
kept = of_run
codes = pd.factorize(of_run["trial_type"])[0]
for name in of_run["block"]:
    names = [f"category_{code}" for code in codes]
    this = np.where(of_run["block"] == name, "this", names)
    X.append(estimate(fit(scan, of_run.assign(trial_type=this)), "this"))
""",
    ),
    "run_beta": SampleKind(
        label="run betas",
        help="How strongly each category was responded to in a run, by a linear model.",
        methods="each category's response amplitude in a run was one sample, estimated by a "
        "general linear model",
        models=_one_regressor_a_condition,
        code="""
names = [f"category_{code}" for code in pd.factorize(of_run["trial_type"])[0]]
model, kept = fit(scan, of_run.assign(trial_type=names)), of_run.drop_duplicates("trial_type")
X.extend(estimate(model, name) for name in dict.fromkeys(names))
""",
    ),
}

SAMPLES |= {f"{name}_t": _t_values(name, kind) for name, kind in SAMPLES.items() if kind.is_beta}
T_VALUES = {kind.t_of: name for name, kind in SAMPLES.items() if kind.is_t}
"""The kind of t values of each kind of betas."""
