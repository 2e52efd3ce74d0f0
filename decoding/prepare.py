"""``python -m decoding.prepare``: make what the first visitor of a server would wait for.

That is simulated subject 1 with its voxel table, every compiled kernel, and matplotlib's fonts.
"""

import os
from dataclasses import replace

from decoding.analyses import decode, permute
from decoding.analyses.searchlight import analysis as searchlight
from decoding.datasets import load_subject
from decoding.estimators import ESTIMATORS
from decoding.service.compiling import is_compiled, note_compiled
from decoding.spec import DecodingSpec

SMALL_MASK = "face_little"
THREE = ("cat", "face", "house")


def main() -> None:
    """Run each analysis that has kernels, on as little as makes all of them compile."""
    if is_compiled():
        return
    subject = load_subject("simulated", "1")
    two = DecodingSpec(dataset="simulated", subject="1", samples="block")
    decode.run(subject, two)
    permute.run(subject, two, permute.Options())
    for name, estimator in ESTIMATORS.items():
        for spec in (two, replace(two, conditions=THREE), replace(two, samples="lss")):
            small = replace(spec, estimator=name, mask=SMALL_MASK)
            if estimator.fast_null:
                permute.run(subject, small, permute.Options(permutations=4))
            if estimator.engine:
                searchlight.run(subject, small, searchlight.Options(permutations=4))
        note_compiled(name)
    note_compiled()
    import nilearn.plotting  # noqa: F401 - lists the fonts


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(10)
    main()
