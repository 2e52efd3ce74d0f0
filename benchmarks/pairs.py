"""All 28 pairs of eight categories, and their crossnobis distances.

``python -m benchmarks.pairs`` prints rows `pairs` (against a loop of nilearn's Decoder) and
`crossnobis` (against rsatoolbox). All sides use one job, and start from the open recording: the
scan in memory, or samples that are ready.
"""

from dataclasses import replace
from itertools import combinations

import nibabel as nib
import numpy as np
from rsatoolbox.data import Dataset
from rsatoolbox.data.noise import prec_from_residuals
from rsatoolbox.rdm import calc_rdm
from scipy.spatial.distance import squareform
from threadpoolctl import threadpool_limits

from benchmarks.decode import nilearn_decoder, scikit_learn
from benchmarks.measuring.recording import full_size_subject
from benchmarks.measuring.rows import alternate, print_row
from decoding.analyses.pairs import scores
from decoding.datasets.base import Subject
from decoding.recording.voxels import open_voxels
from decoding.samples.extract import Samples, extract_samples
from decoding.samples.volumes import select_volumes
from decoding.spec import DecodingSpec


def ours(subject: Subject, spec: DecodingSpec) -> list[float]:
    """Decode all pairs from the voxel table, standardization included."""
    return [pair.result.accuracy for pair in scores.run(subject, spec).pairs if pair.result]


def decoders(subject: Subject, spec: DecodingSpec, samples: Samples) -> list[object]:
    """Decode pair after pair as a nilearn user would, the scan in memory."""
    mask = open_voxels(subject).mask_image(spec.mask)
    scan = nib.load(subject.bold[0])
    data = np.asarray(scan.dataobj)[..., select_volumes(subject, spec).volumes].astype(np.float32)
    found = []
    for pair in combinations(samples.classes, 2):
        image = nib.Nifti1Image(data[..., np.isin(samples.y, pair)], scan.affine)
        found.append(nilearn_decoder(image, mask, samples.of(pair)))
    return found


def residuals_of(samples: Samples) -> np.ndarray:
    """Return the volumes less the mean of their block."""
    rows = []
    for block in np.unique(samples.blocks):
        own = samples.X[samples.blocks == block]
        rows.append(own - own.mean(axis=0))
    return np.concatenate(rows)


def toolbox(samples: Samples, residuals: np.ndarray) -> np.ndarray:
    """Return rsatoolbox's crossnobis distances, with the noise's precision estimated by it."""
    dof = len(samples.y) - samples.n_blocks
    noise = prec_from_residuals(residuals, method="shrinkage_diag", dof=dof)
    data = Dataset(samples.X, obs_descriptors={"name": samples.y.tolist(), "run": samples.runs})
    options = {"descriptor": "name", "cv_descriptor": "run", "noise": noise}
    return squareform(calc_rdm(data, method="crossnobis", **options).dissimilarities[0])


def main() -> None:
    """Print the rows."""
    subject = full_size_subject()
    spec = DecodingSpec(dataset=subject.dataset, subject=subject.name, conditions=())
    spec = replace(spec, conditions=subject.conditions)
    samples = extract_samples(subject, spec)
    own = [scikit_learn(samples.of(pair)) for pair in combinations(samples.classes, 2)]
    assert np.allclose(ours(subject, spec), np.mean(own, axis=1), atol=1e-12)
    with threadpool_limits(1):
        mine, peer = alternate(
            lambda: ours(subject, spec), lambda: decoders(subject, spec, samples), repeats=3
        )
    note = (
        f"{len(own)} pairs, {samples.X.shape[1]} voxels, one thread each; scores equal "
        "scikit-learn's; ours decodes all eight at once and measures the distances as well"
    )
    print_row("pairs", "all pairs, VT, leave one run out", mine, peer, "s", 40, note)
    residuals = residuals_of(samples)
    found = scores.crossnobis_of(samples)
    assert found is not None
    assert np.allclose(found, toolbox(samples, residuals), atol=1e-6)
    with threadpool_limits(1):
        mine, peer = alternate(
            lambda: scores.crossnobis_of(samples), lambda: toolbox(samples, residuals), repeats=5
        )
    note = (
        f"{len(own)} distances, noise from {len(residuals)} residuals, one thread each; equal "
        "within 1e-6"
    )
    print_row("crossnobis", "crossnobis distances, VT", mine, peer, "s", 20, note)


if __name__ == "__main__":
    main()
