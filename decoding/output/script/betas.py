"""The exported program's betas: nilearn's FirstLevelModel, one fit a run or a block."""

from textwrap import dedent, indent

from decoding.samples.kinds import SAMPLES

BETA_IMPORTS = (
    "from nilearn.glm.first_level import FirstLevelModel",
    "from nilearn.image import index_img",
    "from nilearn.maskers import NiftiMasker",
)

_MODEL = """
# Betas in percent of each voxel's mean over the run, fitted to the recording as it is
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
    return model.fit(scan, events=events[["onset", "duration", "trial_type"]])


def beta(model, name):
    contrast = (model.design_matrices_[0].columns == name).astype(float)
    with np.errstate(all="ignore"):  # t values of constant voxels
        effect = model.compute_contrast(contrast, output_type="effect_size")
    return masker.transform(effect).ravel()


masker = NiftiMasker(mask_img=mask, standardize=None, dtype=np.float64).fit()
"""


def beta_code(kind: str, cleaning: list[str], conditions: list[str]) -> str:
    """Write the lines that turn ``scans`` and ``trials`` into standardized betas of the categories.

    The kind is a name in ``SAMPLES``; `cleaning` standardizes ``X``, the runs of its rows in
    ``run``.
    """
    loop = dedent("""
        X, y, run, block = [], [], [], []
        for number, of_run in trials.groupby("run", sort=False):
            scan = scans[number]
        """).strip()
    body = indent(SAMPLES[kind].code.strip(), "    ")
    rest = dedent("""
            y.extend(kept["trial_type"])
            run.extend(kept["run"])
            block.extend(kept["block"])
        X, y, run, block = map(np.array, (X, y, run, block))
        X[np.abs(X) < 1e-8] = 0.0  # constant voxels, but for rounding
        """).strip("\n")
    chosen = dedent(f"""
        chosen = np.isin(y, {conditions!r})
        X, y, runs, blocks = X[chosen], y[chosen], run[chosen], block[chosen]
        """).strip()
    return "\n".join([_MODEL.strip(), loop, body, rest, *cleaning, chosen])
