"""The values behind a view's colours: what its cross reads, and what its threshold compares."""

import math

import nibabel as nib
import numpy as np

from decoding.output.brain.colour_maps import Drawing
from decoding.output.brain.dress import view_grid
from decoding.output.brain.one_slice import png_base64

_CODES = 65534


def threshold_slider(
    image: nib.Nifti1Image, html: str, drawing: Drawing, span: tuple[float, float]
) -> str:
    """Return what stands under the slices of a page of ``view_img``: a threshold and a value.

    The picture of values beside them has a pixel a voxel, in the order of nilearn's own pictures.
    """
    from nilearn.image import resample_img

    affine, shape = view_grid(html)
    shown = resample_img(image, affine, shape, interpolation="nearest").get_fdata(dtype=np.float32)
    reach = float(np.abs(shown).max()) or 1.0
    least, most = drawing.threshold or 0.0, max(abs(end) for end in span)
    return (
        f'<img class="values" alt="" data-span="[{-reach!r},{reach!r}]" '
        f'data-chance="{"" if drawing.chance is None else drawing.chance}" '
        f'src="data:image/png;base64,{png_base64(_codes(shown, reach))}">'
        f'<label class="least">Hide below <input type="range" min="{least:g}" max="{most:g}" '
        f'step="{(most - least) / 100 or 1:g}" value="{max(drawing.opens_at, least):g}">'
        '<output></output></label><output class="value"></output>'
    )


def _codes(values: np.ndarray, reach: float) -> np.ndarray:
    """Return values (x, y, z) as RGBA bytes: red and green are a number of 16 bits, 0 no value.

    Values of -reach to reach are 1 to 65535.
    """
    numbers = np.where(values != 0, 1 + np.rint((values / reach + 1) / 2 * _CODES), 0)
    high, low = np.divmod(_sheet(numbers.astype(np.uint16)), 256)
    return np.stack([high, low, 0 * low, 0 * low + 255], axis=-1).astype(np.uint8)


def _sheet(values: np.ndarray) -> np.ndarray:
    """Return a volume as one sheet of sagittal slices, row by row, as nilearn lays them."""
    n, across, up = values.shape
    rows = math.ceil(math.sqrt(n))
    columns = math.ceil(n / rows)
    tiles = np.zeros((rows * columns, up, across), dtype=values.dtype)
    tiles[:n] = values[:, :, ::-1].transpose(0, 2, 1)
    grid = tiles.reshape(rows, columns, up, across).transpose(0, 2, 1, 3)
    return grid.reshape(rows * up, columns * across)
