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
    other = "on average higher for the category that their weight speaks against"
    found = maps.contrary(heavy)
    if len(found):
        return f"In {len(found)} of {among}, the signal is {other}. {_example(maps, found[0])}"
    every = maps.contrary(np.argsort(-np.abs(maps.weights[0]), kind="stable"))
    if len(every):
        return (
            f"In none of {among}, is it so here, but in {len(every)} of all {n_voxels} the signal "
            f"is {other}. {_example(maps, every[0])}"
        )
    return f"Here each of the {number_text(n_voxels, 'voxel')} does, but a weight cannot tell."


def _example(maps: WeightMaps, voxel: np.intp) -> str:
    weight, means = float(maps.weights[0, voxel]), maps.means[0, :, voxel]
    (first, second), unit = maps.pairs[0], STANDARDIZE[maps.spec.standardize].unit
    return (
        f"The largest of these weights, {weight:+.3g}, speaks for "
        f"{second if weight > 0 else first}, but its voxel has a mean of {means[0]:.3g} for "
        f"{first} and {means[1]:.3g} for {second} ({unit})."
    )
