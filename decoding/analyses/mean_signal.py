"""A control: what the mean signal of the mask decodes on its own."""

from dataclasses import replace

from decoding.analyses.decode import decode_samples, pick_estimator
from decoding.datasets.base import Subject
from decoding.progress import Progress
from decoding.results import DecodingResult
from decoding.samples import Samples, extract_samples
from decoding.spec import DecodingSpec


def run(
    subject: Subject, spec: DecodingSpec, on_progress: Progress | None = None
) -> DecodingResult:
    """Decode from one number a sample, the mean over the mask's voxels.

    Where it scores as well as the voxels do, the region responds more to one category as a whole:
    no pattern is needed to tell them apart.

    Raises
    ------
    DecodingError
        If the spec cannot be computed.
    """
    samples = mean_over_voxels(extract_samples(subject, spec, on_progress))
    return decode_samples(samples, spec, pick_estimator(spec.estimator), subject.version)


def mean_over_voxels(samples: Samples) -> Samples:
    """Return the samples with one column, their mean over voxels."""
    return replace(samples, X=samples.X.mean(axis=1, keepdims=True), voxels=samples.voxels[:0])
