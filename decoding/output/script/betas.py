"""The exported program's betas and t values: nilearn's FirstLevelModel, a fit a run or a block."""

from textwrap import dedent, indent

from decoding.output.script.confounds import FITTED
from decoding.samples.kinds import SAMPLES

BETA_IMPORTS = (
    "from nilearn.glm.first_level import FirstLevelModel",
    "from nilearn.image import index_img",
    "from nilearn.maskers import NiftiMasker",
)

_MODEL = """
# Models of a run in percent of each voxel's mean over it, fitted to the recording as it is
def fit(scan, events):
    model = FirstLevelModel(
        t_r=t_r,
        noise_model="ols",
        hrf_model="glover",
        drift_model="cosine",
        high_pass=0.01,
        slice_time_ref=0,
        signal_scaling=0,
        standardize=False,
        smoothing_fwhm=None,
        min_onset=-24,
        mask_img=masker,
    )
    return model.fit(scan, events=events[["onset", "duration", "trial_type"]]CONFOUNDS)


def contrast(model, name, output):
    column = (model.design_matrices_[0].columns == name).astype(float)
    with np.errstate(all="ignore"):  # t values of constant voxels
        image = model.compute_contrast(column, output_type=output)
    return masker.transform(image).ravel()


def estimate(model, name):
    effect = contrast(model, name, "effect_size")
    effect[np.abs(effect) < 1e-8] = 0.0  # constant voxels, but for rounding
    return VALUE


masker = NiftiMasker(mask_img=mask, standardize=None, dtype=np.float64).fit()
"""
_T_VALUE = 'effect / np.sqrt(np.maximum(contrast(model, name, "effect_variance"), 1e-16))'


def beta_code(
    kind: str, cleaning: list[str], conditions: list[str], *, has_confounds: bool = False
) -> str:
    """Write the lines that make of ``scans`` and ``trials`` standardized samples of the categories.

    The kind is one of betas or their t values in ``SAMPLES``; `cleaning` standardizes ``X``, the
    runs of its rows in ``run``. Where there are confounds, ``confounds`` holds them by run.
    """
    loop = dedent("""
        X, y, run, block = [], [], [], []
        for number, of_run in trials.groupby("run", sort=False):
            scan = scans[number]
        """).strip()
    model = _MODEL.strip().replace("VALUE", _T_VALUE if SAMPLES[kind].is_t else "effect")
    model = model.replace("CONFOUNDS", f", {FITTED}" if has_confounds else "")
    body = indent(SAMPLES[kind].code.strip(), "    ")
    rest = dedent("""
            y.extend(kept["trial_type"])
            run.extend(kept["run"])
            block.extend(kept["block"])
        X, y, run, block = map(np.array, (X, y, run, block))
        """).strip("\n")
    chosen = dedent(f"""
        chosen = np.isin(y, {conditions!r})
        X, y, runs, blocks = X[chosen], y[chosen], run[chosen], block[chosen]
        """).strip()
    return "\n".join([model, loop, body, rest, *cleaning, chosen])
