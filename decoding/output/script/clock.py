"""A clock as lines of the exported program: what a sample's place in its run tells by itself."""

from textwrap import dedent

from decoding.datasets.base import Subject
from decoding.samples.kinds import SAMPLES
from decoding.samples.volumes import block_means
from decoding.spec import DecodingSpec


def clock_code(subject: Subject, spec: DecodingSpec) -> str:
    """Return the lines that print what a clock scores; none for betas, maps and chosen voxels."""
    average = SAMPLES[spec.samples].average
    if average is None or subject.maps or spec.select:
        return ""
    of_blocks = "seconds = np.array([seconds[block[volume] == name].mean() for name in blocks])"
    lines = dedent(f"""
        # A clock: what the place in the run tells by itself (Goergen et al. 2018)
        seconds = {subject.t_r!r} * pd.Series(run).groupby(run).cumcount().to_numpy()[later]
        {of_blocks if average is block_means else ""}
        clock = np.column_stack([seconds, seconds**2])
        voxels, X = X, (clock - clock.mean(axis=0)) / clock.std(axis=0, ddof=1)
        print(f"A clock alone scores {{np.mean(fold_scores(y)):.4f}}")
        X = voxels
        """).strip()
    return "\n".join(line for line in lines.splitlines() if line)
