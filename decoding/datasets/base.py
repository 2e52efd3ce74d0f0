"""What every dataset offers: subjects by name, each a few paths and a table of its volumes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from decoding.errors import DataError, UnknownChoiceError

REST = "rest"
NO_BLOCK = -1
EDGE_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class MaskOrigin:
    """How the voxels of a mask were chosen, where that is known.

    Parameters
    ----------
    chosen : str
        The end of the sentence "The mask was chosen ...": how, on which runs, and who says so.
    responses_to : frozenset of str
        The categories whose responses in these very runs took part in the choice: decoding them
        is circular.
    localizer : bool
        Whether nothing but these responses chose it.
    """

    chosen: str
    responses_to: frozenset[str] = frozenset()
    localizer: bool = False


WHOLE_BRAIN = MaskOrigin(chosen="as all of the recorded brain, without looking at any response")


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """One person's recording: paths and small tables, nothing big in memory.

    Parameters
    ----------
    dataset, name : str
        The dataset's registered name and the subject's name in it.
    bold : tuple of Path
        One 4D NIfTI, or one a run in order; never empty.
    masks : mapping of str to Path or None
        Masks by name; None for a whole-brain mask that is computed from the recording.
    anatomy : Path or None
        The T1 image, where there is one.
    volumes : pandas.DataFrame
        One row a volume: ``condition`` (str, "rest" where nothing was shown), ``run`` (int, the
        number in the file), ``block`` (int, counted from 0 over the recording, -1 in rest).
    t_r : float
        Repetition time in seconds.
    version : str
        Digest of the files.
    simulated : bool
        Whether it was made by us, not recorded.
    truth : Path or None
        On a simulated subject, the folder of the planted truth.
    mask_origins : mapping of str to MaskOrigin
        How each mask was chosen; a mask that is not in it has an origin that nobody told us.
    events : mapping of int to pandas.DataFrame, or None
        By run, the ``onset``, ``duration`` (s) and ``trial_type`` of each stimulus, where the
        recording comes with them; betas then take their onsets from here.
    """

    dataset: str
    name: str
    bold: tuple[Path, ...]
    masks: Mapping[str, Path | None]
    anatomy: Path | None
    volumes: pd.DataFrame
    t_r: float
    version: str
    simulated: bool = False
    truth: Path | None = None
    mask_origins: Mapping[str, MaskOrigin] = field(default_factory=dict)
    events: Mapping[int, pd.DataFrame] | None = None

    @property
    def conditions(self) -> tuple[str, ...]:
        """All categories shown to the subject, sorted, without rest."""
        shown = self.volumes["condition"].to_numpy(dtype=object).astype(str)
        return tuple(sorted(set(shown[shown != REST].tolist())))

    @property
    def localizer_masks(self) -> frozenset[str]:
        """The masks that nothing but responses chose."""
        return frozenset(name for name, origin in self.mask_origins.items() if origin.localizer)

    @property
    def has_rest(self) -> bool:
        """Whether the time between blocks is in the recording: lags and betas need it."""
        return self.events is not None or bool((self.volumes["block"] == NO_BLOCK).any())

    @property
    def n_runs(self) -> int:
        """How many runs were recorded."""
        return int(self.volumes["run"].nunique())


class Dataset(Protocol):
    """A source of subjects. A new one is a file here and a line in ``DATASETS``."""

    @property
    def name(self) -> str:
        """The name in ``DATASETS``."""

    @property
    def label(self) -> str:
        """How a page names it."""

    @property
    def help(self) -> str:
        """One sentence for somebody who meets it for the first time."""

    @property
    def citation(self) -> str:
        """The sentence that credits it."""

    @property
    def licence(self) -> str:
        """The licence of the recordings."""

    def credits_of(self, subject: Subject) -> "Dataset":
        """Return the dataset whose label, citation and licence are those of this subject."""

    def subjects(self, data_dir: Path | None = None) -> tuple[str, ...]:
        """Return the names of the subjects that `load` gives without a download."""

    def load(self, subject: str, data_dir: Path | None = None) -> Subject:
        """Return a subject from disk; `decoding.datasets.load_subject` lists what it raises."""


def read_labels(path: Path) -> pd.DataFrame:
    """Read ``labels.txt``, a header ``labels chunks`` and one row a volume, as `make_volumes`."""
    try:
        table = pd.read_csv(path, sep=r"\s+", dtype=str, keep_default_na=False, engine="python")
    except (ValueError, UnicodeDecodeError, OSError) as error:
        raise DataError(
            f"{path.name} is not a labels file ({str(error).splitlines()[0]}); "
            "it needs a header 'labels chunks' and one row a volume."
        ) from error
    if list(table.columns) != ["labels", "chunks"]:
        raise DataError(
            f"{path.name} has the columns {', '.join(map(str, table.columns))}; "
            "it needs exactly 'labels chunks'."
        )
    if not isinstance(table.index, pd.RangeIndex):  # pandas took a first column without a name
        raise DataError(
            f"{path.name} has {table.index.nlevels + 2} values in a row; "
            "it needs exactly two, 'labels chunks'."
        )
    runs = pd.to_numeric(table["chunks"], errors="coerce")
    wrong = runs.isna() | (runs % 1 != 0) | (runs.abs() > 1e6)
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"{path.name}, row {row + 2}: run {table['chunks'].iloc[row]!r} is not a whole number."
        )
    conditions = table["labels"].to_numpy(dtype=object).astype(str)
    return make_volumes(conditions, runs.to_numpy(dtype=np.int64), path.name)


def make_volumes(conditions: np.ndarray, runs: np.ndarray, source: str) -> pd.DataFrame:
    """Make a volumes table with its blocks: maximal stretches of one category within a run.

    Parameters
    ----------
    conditions, runs : ndarray of str and of int, shape (n_volumes,)
        Runs must not decrease: each is one stretch of the recording.
    source : str
        The file's name, for the message.
    """
    falls = np.flatnonzero(np.diff(runs) < 0)
    if falls.size:
        row = int(falls[0]) + 1
        raise DataError(
            f"{source}: run {runs[row]} comes after run {runs[row - 1]} (volume {row}); "
            "volumes must be in the order of their runs."
        )
    begins = np.ones(len(runs), dtype=bool)
    begins[1:] = (conditions[1:] != conditions[:-1]) | (runs[1:] != runs[:-1])
    shown = conditions != REST
    blocks = np.where(shown, np.cumsum(begins & shown) - 1, NO_BLOCK)
    return pd.DataFrame({"condition": conditions, "run": runs, "block": blocks})


def mask_path(subject: Subject, mask: str) -> Path | None:
    """Return where a mask lies, None for the computed brain mask."""
    if mask not in subject.masks:
        raise UnknownChoiceError("mask", mask, subject.masks, f" for subject {subject.name}")
    return subject.masks[mask]


def files_digest(paths: list[Path]) -> str:
    """Return a digest of the files' contents, the same wherever they lie.

    A large gzip file is known by its size, its head and its tail, which ends with the CRC-32 of
    all it holds; every other file is read whole.
    """
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        try:
            size = path.stat().st_size
            digest.update(f"{path.name} {size}\n".encode())
            with path.open("rb") as file:
                if path.suffix == ".gz" and size > 2 * EDGE_BYTES:
                    digest.update(file.read(EDGE_BYTES))
                    file.seek(-EDGE_BYTES, 2)
                while part := file.read(EDGE_BYTES):
                    digest.update(part)
        except OSError as error:
            raise DataError(
                f"{path.name} cannot be read ({error.strerror}); check the permissions of the "
                "data folder."
            ) from error
    return digest.hexdigest()
