"""A simulated subject as files, in the folder layout of nilearn's ``fetch_haxby``."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nibabel as nib
import numpy as np
from isal import igzip
from numpy.typing import NDArray

from decoding.datasets.layout import (
    ANATOMY,
    BOLD,
    BRAIN_MASK,
    INFORMATIVE,
    LABELS,
    MASK_FILES,
    MD5_SUMS,
    PARAMETERS,
    PATTERNS,
    STUDY,
    TRUTH,
)
from decoding.datasets.simulated.anatomy import ANATOMY_GRIDS, ScanGrid, make_tissue
from decoding.datasets.simulated.localizer import localize
from decoding.datasets.simulated.noise import draw_colored, draw_run, make_noise_space
from decoding.datasets.simulated.parameters import (
    CATEGORIES,
    N_RUNS,
    RUN_VOLUMES,
    T_R,
    SimulationParameters,
    Size,
    stream,
)
from decoding.datasets.simulated.patterns import Planted, draw_planted, informative
from decoding.datasets.simulated.regions import Head, make_head
from decoding.datasets.simulated.timeline import block_responses, draw_order, make_timeline
from decoding.errors import DataError
from decoding.files import make_once, whole_file
from decoding.nifti.headers import read_header
from decoding.progress import Progress, report

DESCRIPTION = "simulated by Voxelscope"

# Brightness of gray and white matter and of fluid, and the noise, as fractions of gray matter.
GRAY, WHITE, FLUID, AIR = 1.0, 0.62, 1.25, 0.05
# Where air beside the brain costs signal: both sides in mm, width in mm, share lost.
LOST = (((0.0, 38.0, -24.0), 11.0, 0.7), ((52.0, -20.0, -28.0), 9.0, 0.5))
# Gray matter's brightness: as recorded in the full size; small numbers make a small demo file.
BRIGHTNESS: dict[Size, float] = {"demo": 300.0, "full": 1500.0}
BLOCK_SPREAD = 0.08
NOISE_FRACTION = 0.012
# Noise around the head: none in the demo, whose file should be small.
BACKGROUND: dict[Size, float] = {"demo": 0.0, "full": 18.0}


def simulate_subject(
    out: Path,
    parameters: SimulationParameters,
    on_progress: Progress | None = None,
    *,
    sealed: bool = False,
) -> Path:
    """Make a simulated subject below a data folder, unless it is there, and return its folder.

    It is ``out/haxby2001/subjN``, whole or not at all; for `sealed` see `make_once`.

    Raises
    ------
    DecodingError
        If the folder holds subjects made otherwise, or it cannot be written.
    """
    folder = out / STUDY / f"subj{parameters.subject}"

    def make(scratch: Path) -> None:
        head = make_head(parameters.subject, parameters.size)
        _write_study_files(folder.parent, head)
        planted = draw_planted(parameters, head)
        if parameters.localizer == "responses":
            runs = generate_runs(parameters, head, head.brain, planted)
            head = localize(head, runs, draw_order(parameters))
        _write_small_files(scratch, parameters, head, planted.patterns)
        _write_bold(scratch / BOLD, parameters, head, planted, on_progress)

    make_once(
        folder,
        make,
        problem=f"Simulated subjects cannot be written to {out}",
        remedy="Free some disk space, or choose another folder with --out or DECODING_CACHE.",
        sealed=sealed,
    )
    _check_same(folder, parameters)
    return folder


def _check_same(folder: Path, parameters: SimulationParameters) -> None:
    path = folder / TRUTH / PARAMETERS
    there = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    for name, value in parameters.as_dict().items():
        if there.get(name) != value:
            raise DataError(
                f"{folder} is there already, with the {name} {there.get(name, 'unknown')} instead "
                f"of {value}; choose another folder or remove it."
            )


def _write_study_files(study: Path, head: Head) -> None:
    """Write what subjects share: the brain mask, and what nilearn's own fetcher looks for.

    With an empty ``MD5SUMS`` in place ``nilearn.datasets.fetch_haxby`` finds all its files here
    and asks no server.
    """
    (study / MD5_SUMS).touch()
    target = study / BRAIN_MASK
    if target.exists():
        if (there := read_header(target).shape) != head.grid.shape:
            raise DataError(
                f"{target} has {there} voxels and a subject of this size {head.grid.shape}; "
                "choose another folder for it."
            )
        return
    with whole_file(target) as scratch:
        _write_image(scratch, head.brain.astype(np.uint8), head.grid)


def _write_small_files(
    folder: Path, parameters: SimulationParameters, head: Head, patterns: NDArray[np.float32]
) -> None:
    volumes = make_timeline(draw_order(parameters))
    rows = zip(volumes["condition"], volumes["run"], strict=True)
    text = "labels chunks\n" + "".join(f"{label} {run}\n" for label, run in rows)
    (folder / LABELS).write_text(text, encoding="ascii")
    for name, mask in head.masks.items():
        _write_image(folder / MASK_FILES[name], mask.astype(np.uint8), head.grid)
    grid = ANATOMY_GRIDS[parameters.size]
    bright = make_tissue(grid, parameters.subject, split=1).t1
    _write_image(folder / ANATOMY, np.round(bright * 1000).astype(np.int16), grid)
    truth = folder / TRUTH
    truth.mkdir()
    for name, values in (
        (PATTERNS, patterns),
        (INFORMATIVE, informative(patterns).astype(np.uint8)),
    ):
        planted = np.zeros((*head.grid.shape, len(CATEGORIES)), dtype=values.dtype)
        planted[head.brain] = values
        _write_image(truth / name, planted, head.grid)
    facts = {**parameters.as_dict(), "simulated": True, "categories": CATEGORIES}
    (truth / PARAMETERS).write_text(json.dumps(facts, indent=2) + "\n", encoding="ascii")


def _write_image(path: Path, values: NDArray[np.generic], grid: ScanGrid) -> None:
    header = _header(values.shape, values.dtype, grid)
    with _gzip(path, level=2) as file:
        file.write(header.binaryblock + b"\0" * 4 + values.tobytes(order="F"))


@contextmanager
def _gzip(path: Path, level: int) -> Iterator[igzip.IGzipFile]:
    """Open a gzip file to write; it stores neither its name nor the hour, for equal bytes."""
    with (
        path.open("wb") as raw,
        igzip.IGzipFile(filename="", mode="wb", compresslevel=level, fileobj=raw, mtime=0) as file,
    ):
        yield file


def _header(
    shape: tuple[int, ...], dtype: np.dtype[np.generic], grid: ScanGrid
) -> nib.Nifti1Header:
    header = nib.Nifti1Header()
    header.set_data_dtype(dtype)
    header.set_data_shape(shape)
    header.set_sform(grid.affine, code="scanner")
    header.set_qform(grid.affine, code="scanner")
    header.set_zooms([*grid.voxel_size, *([T_R] if len(shape) == 4 else [])])
    header.set_xyzt_units("mm", "sec")
    header.set_slope_inter(1, 0)
    header["descrip"] = DESCRIPTION.encode()
    header["magic"] = b"n+1"
    header["vox_offset"] = 352
    return header


def _write_bold(
    path: Path,
    parameters: SimulationParameters,
    head: Head,
    planted: Planted,
    on_progress: Progress | None,
) -> None:
    shape = (*head.grid.shape, N_RUNS * RUN_VOLUMES)
    header = _header(shape, np.dtype(np.int16), head.grid)
    level = mean_scan(head, parameters.size)[head.brain]
    spread = np.float32(NOISE_FRACTION) * np.maximum(level, 0.2 * level.max())
    place = np.ravel_multi_index(np.nonzero(head.brain), head.grid.shape, order="F")
    around = stream(parameters, "background")
    frames = np.zeros((RUN_VOLUMES, head.brain.size), dtype=np.int16)
    with _gzip(path, level=1) as file:
        file.write(header.binaryblock + b"\0" * 4)
        for run, deviation in enumerate(generate_runs(parameters, head, head.brain, planted)):
            deviation *= spread
            deviation += level
            np.rint(deviation, out=deviation)
            _fill_background(frames, BACKGROUND[parameters.size], around)
            frames[:, place] = np.clip(deviation, 0, 32767)
            file.write(frames)
            report(on_progress, round(100 * (run + 1) / N_RUNS), 100)


def mean_scan(head: Head, size: Size) -> NDArray[np.float32]:
    """Return what the scan looks like on average, shape of the grid: tissue, and lost signal.

    Echo-planar images are brightest in fluid, darker in white than in gray matter, shaded by the
    coil, and dark above the sinuses and the ear canals.
    """
    tissue = head.tissue
    fluid = np.clip(tissue.inside - tissue.gray - tissue.white, 0, 1)
    bright = GRAY * tissue.gray + WHITE * tissue.white + FLUID * fluid
    x, y, z = head.grid.positions()
    bright *= 1 + 0.12 * np.sin(y / 60) + 0.1 * (np.abs(x) / 70) ** 2
    for centre, width, loss in LOST:
        apart = (np.abs(x) - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2
        bright *= 1 - loss * np.exp(-apart / (2 * width**2))
    scan = np.where(head.brain, np.maximum(bright, AIR), 0) * BRIGHTNESS[size]
    return scan.astype(np.float32)


def generate_runs(
    parameters: SimulationParameters, head: Head, voxels: NDArray[np.bool_], planted: Planted
) -> Iterator[NDArray[np.float32]]:
    """Yield each run's deviation from the voxels' means, (n_volumes of the run, n_voxels).

    In standard deviations of the voxels' noise.
    """
    order = draw_order(parameters)
    responses = block_responses(parameters)
    space = make_noise_space(head.grid, voxels, stream(parameters, "noise fields"))
    rng = stream(parameters, "responses")
    active = np.flatnonzero(planted.patterns.any(axis=1))
    patterns = np.ascontiguousarray(planted.patterns[active].T)
    swings = np.ascontiguousarray(planted.swings[:, active])
    noise_rng = stream(parameters, "noise")
    for shown, response in zip(order, responses, strict=True):
        strength = rng.normal(1, BLOCK_SPREAD, shown.shape).astype(np.float32)
        moves = draw_colored(rng, len(swings))
        noise = draw_run(noise_rng, space)
        deviation = noise.noise
        deviation[:, active] += (response * strength) @ patterns[shown] + moves @ swings
        deviation *= noise.gain
        deviation += noise.drift
        yield deviation


def _fill_background(frames: NDArray[np.int16], scale: float, rng: np.random.Generator) -> None:
    """Fill frames with a scanner's noise where nothing is: Rayleigh's distribution, by table."""
    if scale:
        quantiles = (np.arange(256) + 0.5) / 256
        table = np.rint(scale * np.sqrt(-2 * np.log(1 - quantiles))).astype(np.int16)
        for frame in frames:
            np.take(table, rng.integers(0, 256, frame.size, dtype=np.uint8), out=frame)
