"""The exported program's region: the part of the brain that a mask's text names."""

from decoding.datasets.base import Subject
from decoding.regions import mask_of, region_words
from decoding.spec import DecodingSpec


def region_code(subject: Subject, spec: DecodingSpec) -> str:
    """Write the lines that narrow ``mask`` from the brain to a region; none for other masks."""
    region = mask_of(subject, spec.mask).region
    if region is None:
        return ""
    # On one line: a name in it must not end the comment.
    return _CODE.format(words=" ".join(region_words(spec.mask).split()), code=region.code)


_CODE = """
# Of the brain, the {words}
brain = np.asarray(mask.dataobj).reshape(mask.shape[:3])
voxels = np.argwhere(np.isfinite(brain) & (brain != 0))
places = nib.affines.apply_affine(mask.affine, voxels)


{code}
region = np.zeros(brain.shape, dtype=np.uint8)
region[tuple(voxels[inside].T)] = 1
mask = nib.Nifti1Image(region, mask.affine, mask.header)
""".strip()
