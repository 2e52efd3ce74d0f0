"""Every run held out and decoded volume by volume: ours against scikit-learn, run by run.

``python -m benchmarks.replay`` prints row `replay`. Both sides start from the same standardized
volumes in memory and use one job; scikit-learn fits and decides as a user would, one run at a time.
"""

import numpy as np
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from benchmarks.measuring.recording import full_size_subject
from benchmarks.measuring.rows import alternate, print_row
from decoding.analyses.decode import pick_estimator
from decoding.analyses.replay import Parts, decode_volumes, training_samples
from decoding.samples.extract import Samples, extract_with_volumes
from decoding.spec import DecodingSpec


def scikit_learn(samples: Samples, volumes: np.ndarray, parts: Parts) -> list[np.ndarray]:
    """Fit on the other runs, then decide on each volume of a run: (n_decoded,) for each run."""
    models = (SVC(kernel="linear").fit(samples.X[train], samples.y[train]) for train, _ in parts)
    return [
        model.decision_function(volumes[rows])
        for model, (_, rows) in zip(models, parts, strict=True)
    ]


def main() -> None:
    """Print the row."""
    subject = full_size_subject()
    spec = DecodingSpec(dataset=subject.dataset, subject=subject.name)
    numbers = subject.volumes["run"].to_numpy()
    samples, volumes = extract_with_volumes(subject, spec, np.arange(len(numbers)))
    parts = [
        (training_samples(samples, int(run)), slice(first, first + count))
        for run, first, count in zip(
            *np.unique(numbers, return_index=True, return_counts=True), strict=True
        )
    ]
    estimator = pick_estimator(spec.estimator)
    with threadpool_limits(1):
        ours = decode_volumes(samples, volumes, estimator, parts)
        peers = scikit_learn(samples, volumes, parts)
        for (named, decisions), decided in zip(ours, peers, strict=True):
            assert (named == np.array(samples.classes)[(decided > 0).astype(int)]).all()
            np.testing.assert_allclose(decisions[:, 1], decided, rtol=1e-6, atol=1e-9)
        mine, peer = alternate(
            lambda: decode_volumes(samples, volumes, estimator, parts),
            lambda: scikit_learn(samples, volumes, parts),
            repeats=15,
        )
    note = (
        f"{len(parts)} runs, {len(numbers)} volumes, {samples.X.shape[1]} voxels, 1 job; equal "
        "categories and decisions; SVC fit and decision_function, ours names the category too"
    )
    print_row("replay", "every volume of twelve held-out runs, VT", mine, peer, "s", 2, note)


if __name__ == "__main__":
    main()
