"""What a large weight does not tell: voxels that respond more to the other category."""

import numpy as np

from decoding.numbers import number_text
from decoding.results import WeightMaps
from decoding.samples.standardize import STANDARDIZE


def tell_contrary(maps: WeightMaps) -> str:
    """Say how many of the heaviest voxels respond against their weight, and show one of them.

    Where none of these does, it is said of all voxels.
    """
    heavy, n_voxels = maps.heaviest(), maps.weights.shape[1]
    among = (
        f"the {number_text(len(heavy), 'voxel')} with the largest weights, a tenth of the mask"
        if len(heavy) > 1
        else "the voxel with the largest weight"
    )
    other = "the signal is on average higher for the category that the weight speaks against"
    found = maps.contrary(heavy)
    if len(found):
        return f"In {len(found)} of {among}, {other}. {_example(maps, found[0])}"
    every = maps.contrary(np.argsort(-np.abs(maps.weights[0]), kind="stable"))
    if len(every):
        return (
            f"In {len(every)} of all {number_text(n_voxels, 'voxel')} {other}, though in none of "
            f"{among}. {_example(maps, every[0])}"
        )
    return f"Here each of the {number_text(n_voxels, 'voxel')} does, but a weight cannot tell."


def _example(maps: WeightMaps, voxel: np.intp) -> str:
    weight, means = float(maps.weights[0, voxel]), maps.means[0, :, voxel]
    (first, second), unit = maps.pairs[0], STANDARDIZE[maps.spec.standardize].unit
    return (
        f"One such voxel has a weight of {weight:+.3g}, which speaks for "
        f"{second if weight > 0 else first}, but a mean of {means[0]:.3g} for {first} and of "
        f"{means[1]:.3g} for {second} ({unit})."
    )
