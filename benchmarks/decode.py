"""One decode, linear SVM, leave one run out: ours against nilearn's Decoder and scikit-learn.

``python -m benchmarks.decode`` prints rows `decode_vt` (against either peer) and `decode_brain`.
All sides start from the same samples or image in memory, and use one job.
"""

import nibabel as nib
import numpy as np
from nilearn.decoding import Decoder
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
from sklearn.svm import SVC

from benchmarks.measuring.recording import full_size_subject
from benchmarks.measuring.rows import alternate, print_row
from decoding.analyses import decode
from decoding.datasets.base import Subject
from decoding.recording.voxels import open_voxels
from decoding.samples.extract import Samples, extract_samples
from decoding.samples.volumes import select_volumes
from decoding.spec import DecodingSpec


def ours(subject: Subject, spec: DecodingSpec) -> list[float]:
    """Decode from the voxel table, standardization included."""
    return decode.run(subject, spec).fold_scores


def scikit_learn(samples: Samples) -> list[float]:
    """Decode samples that are ready."""
    scores = cross_val_score(
        SVC(kernel="linear"), samples.X, samples.y, groups=samples.runs, cv=LeaveOneGroupOut()
    )
    return [float(score) for score in scores]


def nilearn_decoder(image: nib.Nifti1Image, mask: nib.Nifti1Image, samples: Samples) -> Decoder:
    """Decode as a nilearn user would, the scan in memory."""
    decoder = Decoder(
        estimator="svc",
        mask=mask,
        cv=LeaveOneGroupOut(),
        standardize="zscore_sample",
        scoring="accuracy",
        screening_percentile=100,
        n_jobs=1,
    )
    return decoder.fit(image, samples.y, groups=samples.runs)


def compare(subject: Subject, mask: str, repeats: int) -> tuple[float, float, str]:
    """Return the median seconds of ours and of nilearn's Decoder, and a note."""
    spec = DecodingSpec(dataset=subject.dataset, subject=subject.name, mask=mask)
    samples = extract_samples(subject, spec)
    assert ours(subject, spec) == scikit_learn(samples)
    scan = nib.load(subject.bold[0])
    volumes = select_volumes(subject, spec).volumes
    data = np.asarray(scan.dataobj)[..., volumes].astype(np.float32)
    image = nib.Nifti1Image(data, scan.affine)
    mask_image = open_voxels(subject).mask_image(mask)
    mine, peer = alternate(
        lambda: ours(subject, spec),
        lambda: nilearn_decoder(image, mask_image, samples),
        repeats,
    )
    note = f"{samples.X.shape[1]} voxels, 1 job; fold scores equal scikit-learn's; Decoder"
    return mine, peer, note


def main() -> None:
    """Print the rows."""
    subject = full_size_subject()
    spec = DecodingSpec(dataset=subject.dataset, subject=subject.name)
    samples = extract_samples(subject, spec)
    mine, peer, note = compare(subject, "vt", repeats=5)
    print_row("decode_vt", "one decode, VT", mine, peer, "s", 5, note)
    mine, peer = alternate(
        lambda: (
            decode.decode_samples(
                samples, spec, decode.pick_estimator("svc"), subject.version
            ).fold_scores
        ),
        lambda: scikit_learn(samples),
        repeats=9,
    )
    note = "the same samples, 1 job; cross_val_score"
    print_row("decode_vt", "one decode, VT, against scikit-learn", mine, peer, "s", 1, note)
    mine, peer, note = compare(subject, "brain", repeats=3)
    print_row("decode_brain", "one decode, whole brain", mine, peer, "s", 20, note)


if __name__ == "__main__":
    main()
