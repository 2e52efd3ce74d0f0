"""The exported program's confounds: read by nilearn, regressed out of volumes or in the models."""

from textwrap import dedent

from decoding.samples.confounds import CONFOUNDS, NONE

CONFOUND_IMPORTS = ("from nilearn.interfaces.fmriprep import load_confounds",)
FITTED = 'confounds=confounds[events["run"].iloc[0]]'
"""What a fit of a run is given."""


def read_code(name: str) -> list[str]:
    """Write the lines that set ``confounds`` and ``kept``, the volumes that are left in, by run."""
    if name == NONE:
        return []
    options = ", ".join(f"{key}={value!r}" for key, value in CONFOUNDS[name].options.items())
    return _lines(f"""
        # The confounds of each run, and the volumes that they leave in; None: all of them
        confounds, kept_of_run = {{}}, {{}}
        for number, (scan_file, *_) in files.items():
            name = str(root / scan_file).removesuffix(".gz") + ".gz"
            options = dict({options})
            confounds[number], kept_of_run[number] = load_confounds(name, **options)
        """)


def clean_code(name: str, *, detrend: bool) -> list[str]:
    """Write the lines that regress the confounds out of ``X``, and set ``kept``."""
    if name == NONE:
        return []
    return _lines(f"""
        # Regressed out of each run
        kept = np.ones(len(run), dtype=bool)
        for number, volumes in kept_of_run.items():
            of_run = np.flatnonzero(run == number)
            if volumes is not None:
                kept[np.delete(of_run, volumes)] = False
            X[kept & (run == number)] = clean(
                X[of_run],
                detrend={detrend},
                standardize=None,
                confounds=confounds[number],
                sample_mask=volumes,
            )
        """)


def model_code(name: str) -> list[str]:
    """Write the lines that make of ``confounds`` the regressors of a run's models."""
    if name == NONE:
        return []
    return _lines("""
        # In a run's models: without drifts, which these hold, and each volume left out by itself
        for number, table in confounds.items():
            table = table.loc[:, ~table.columns.str.startswith("cosine")]
            volumes = np.arange(len(table))
            for volume in volumes if kept_of_run[number] is not None else ():
                if volume not in kept_of_run[number]:
                    table = table.assign(**{f"volume_{volume}": (volumes == volume).astype(float)})
            confounds[number] = table
        """)


def _lines(code: str) -> list[str]:
    return dedent(code).strip().splitlines()
