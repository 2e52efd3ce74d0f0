"""What each voxel does for each category: the planted truth."""

import numpy as np
from numpy.typing import NDArray

from decoding.datasets.simulation.parameters import CATEGORIES, SimulationParameters, stream
from decoding.datasets.simulation.regions import Head

# All amplitudes are in standard deviations of a voxel's noise.
COMMON = 0.9
EARLY_COMMON, EARLY_SCRAMBLED, EARLY_FINE = 1.2, 0.7, 0.5
FACE_PATCH = {"face": 1.0, "cat": 0.1}
HOUSE_PATCH = {"house": 0.9, "chair": 0.2}
# Fine patterns over the ventral temporal mask: one shared by each group, one for each category.
# Face and cat share theirs, so that only the face patch tells them apart.
SHARED = {
    ("face", "cat"): 0.45,
    ("bottle", "shoe", "scissors", "chair"): 0.30,
    ("bottle", "shoe", "scissors"): 0.15,
}
OWN = {
    "bottle": 0.12,
    "shoe": 0.15,
    "scissors": 0.22,
    "chair": 0.30,
    "house": 0.50,
    "scrambledpix": 0.40,
}


def draw_patterns(parameters: SimulationParameters, head: Head) -> NDArray[np.float32]:
    """Draw the response of every brain voxel to every category, at full signal and none.

    Returns
    -------
    ndarray, shape (n_brain_voxels, 8)
        In standard deviations of the voxel's noise; 0 where nothing is planted. What the
        categories have in common is there whatever the signal, their differences scale with it.
    """
    common, distinct = _common(parameters, head), _distinct(parameters, head)
    patterns: NDArray[np.float32] = common[:, None] + np.float32(parameters.signal) * distinct
    return patterns


def informative(patterns: NDArray[np.float32], least: float = 0.05) -> NDArray[np.bool_]:
    """Tell which voxels respond to a category unlike to the others: shape (n_voxels, 8)."""
    others = (patterns.sum(axis=1, keepdims=True) - patterns) / (patterns.shape[1] - 1)
    told: NDArray[np.bool_] = np.abs(patterns - others) > least
    return told


def _common(parameters: SimulationParameters, head: Head) -> NDArray[np.float32]:
    rng = stream(parameters, "common")
    brain = head.brain
    vary = rng.gamma(6.0, 1 / 6.0, int(brain.sum())).astype(np.float32)
    amplitude = COMMON * head.masks["vt"][brain] + EARLY_COMMON * head.early[brain]
    return (vary * amplitude).astype(np.float32)


def _distinct(parameters: SimulationParameters, head: Head) -> NDArray[np.float32]:
    rng = stream(parameters, "patterns")
    brain = head.brain
    n_voxels = int(brain.sum())
    vt, early = head.masks["vt"][brain], head.early[brain]
    distinct = np.zeros((n_voxels, len(CATEGORIES)), dtype=np.float32)
    for group, amplitude in SHARED.items():
        pattern = amplitude * rng.standard_normal(n_voxels) * vt
        distinct[:, [CATEGORIES.index(name) for name in group]] += pattern[:, None]
    for name, amplitude in OWN.items():
        distinct[:, CATEGORIES.index(name)] += amplitude * rng.standard_normal(n_voxels) * vt
    for patch, amplitudes in ((head.face_patch, FACE_PATCH), (head.house_patch, HOUSE_PATCH)):
        uneven = rng.uniform(0.8, 1.2, n_voxels) * patch[brain]
        for name, amplitude in amplitudes.items():
            distinct[:, CATEGORIES.index(name)] += amplitude * uneven
    scrambled = EARLY_SCRAMBLED + EARLY_FINE * rng.standard_normal(n_voxels)
    distinct[:, CATEGORIES.index("scrambledpix")] += scrambled * early
    return distinct
