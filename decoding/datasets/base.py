"""A subject: a few paths, a table of its volumes, its masks, and what reading noticed."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from decoding.spec import AS_WRITTEN, RECORDED, Categories

BRAIN = "brain"
"""The mask that every subject has."""
REST = "rest"
NO_BLOCK = -1
VOLUME, IMAGE = "volume", "image"
"""What one of a recording is called: of a series in time, and of maps made elsewhere."""
BLOCK = "block"


@dataclass(frozen=True, kw_only=True)
class MaskOrigin:
    """How the voxels of a mask were chosen, where that is known.

    Parameters
    ----------
    chosen : str
        The end of the sentence "The mask was chosen ...": how, on which runs, and who says so.
    provided : str
        The end of the sentence "Decoding is not circular ...", where only the user can know.
    responses_to : frozenset of str
        The categories whose responses in these very runs took part in the choice: decoding them
        is circular.
    localizer : bool
        Whether nothing but these responses chose it.
    """

    chosen: str
    provided: str = ""
    responses_to: frozenset[str] = frozenset()
    localizer: bool = False


WHOLE_BRAIN = MaskOrigin(chosen="as all of the recorded brain, without looking at any response")


@dataclass(frozen=True, kw_only=True)
class Region:
    """A part of space.

    Parameters
    ----------
    inside : callable
        Tells of places (n_places, 3) in mm which lie in it, bool (n_places,).
    code : str
        Lines of the exported program that set ``inside`` from ``places``, the same way.
    possible : callable
        Of the places of a brain that has no voxel in it: a sentence on what there is.
    notes : tuple of Note
        What was done to find it.
    """

    inside: Callable[[np.ndarray], np.ndarray]
    code: str
    possible: Callable[[np.ndarray], str]
    notes: "tuple[Note, ...]" = ()


@dataclass(frozen=True, kw_only=True)
class Mask:
    """Where the voxels of a mask come from.

    Parameters
    ----------
    files : tuple of Path
        The voxels inside all of these images; none: the brain, found in the recording.
    origin : MaskOrigin or None
        How it was chosen; None where nobody told us.
    region : Region or None
        Only those voxels are meant that lie in it.
    """

    files: tuple[Path, ...] = ()
    origin: MaskOrigin | None = None
    region: Region | None = None


@dataclass(frozen=True, kw_only=True)
class LabelImage:
    """An image whose values are labels.

    Parameters
    ----------
    files : tuple of Path
        Where they disagree no label is; never empty.
    table : Path or None
        The values' names: a table with the columns ``index`` and ``name``.
    """

    files: tuple[Path, ...]
    table: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Note:
    """What reading merged, dropped, assumed or could not use.

    Parameters
    ----------
    note : str
        What was done, as one sentence that gives the number.
    count : int
        How many rows, files, runs or volumes it concerns.
    example : str
        One of them.
    remedy : str
        What to do about it; empty where there is nothing to do.
    change : (str, object) or None
        The field of the spec, and its value, that do it: a page names its control, the command
        line its flag.
    lost : bool
        Whether whole runs were left out: a page never folds such a note away.
    """

    note: str
    count: int
    example: str
    remedy: str = ""
    change: tuple[str, object] | None = None
    lost: bool = False

    @property
    def line(self) -> str:
        """All of it on one line."""
        return " ".join(f"{self.note} For example {self.example}. {self.remedy}".split())


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """One person's recording: paths and small tables, nothing big in memory.

    Parameters
    ----------
    dataset, name : str
        The dataset's registered name and the subject's name in it.
    bold : tuple of Path
        One 4D NIfTI, or one a run in order; never empty.
    masks : mapping of str to Mask
        Masks by name; they are read when they are asked for.
    anatomy : Path or None
        The T1 image, where there is one.
    trials : pandas.DataFrame
        What was shown, one row a trial: ``run`` (int, the number in the file), ``block`` (int, its
        own number, counted from 0 over the recording), ``condition`` (str), ``onset`` and
        ``duration`` (s, from the acquisition of the run's first volume).
    volumes : pandas.DataFrame
        One row a volume: ``condition`` (str, "rest" where nothing was shown), ``run`` and
        ``block``, the trial that it belongs to, -1 in rest.
    t_r : float
        Repetition time in seconds.
    version : str
        Digest of the files.
    maps : bool
        Whether its volumes are maps made elsewhere, each a sample, and no series in time.
    simulated : bool
        Whether it was made by us, not recorded.
    truth : Path or None
        On a simulated subject, the folder of the planted truth.
    root : Path or None
        The BIDS folder that it was read from.
    space, spaces : str, tuple of str
        The space of its scans, and all that there are; see `Reading`.
    confounds : mapping of int to Path
        By run, the table of confounds beside its scan, where there is one.
    events : mapping of int to Path
        By run, the file that its trials were read from; empty where they come from labels.
    starts : mapping of int to float
        By run, when its first volume was acquired on the clock of its events, in s.
    merge_gap : float
        Rows of events of one type that are no further apart than this, in s, are one trial.
    categories : Categories
        What was taken for a category.
    home : Path or None
        The folder of the session that uploaded it, and of all that is made of it: it ends with the
        session. None for what everybody may share.
    names : mapping of Path to str
        What the owner of an upload calls its files, from the folder that they came from.
    unusable : mapping of str to str
        Masks that are there but cannot be used, and why.
    label_images : mapping of str to LabelImage
        Label images by name, each value a region.
    notes : tuple of Note
        What reading merged, dropped, assumed or could not use.
    """

    dataset: str
    name: str
    bold: tuple[Path, ...]
    masks: Mapping[str, Mask]
    anatomy: Path | None
    trials: pd.DataFrame
    volumes: pd.DataFrame
    t_r: float
    version: str
    maps: bool = False
    simulated: bool = False
    truth: Path | None = None
    root: Path | None = None
    space: str = RECORDED
    spaces: tuple[str, ...] = (RECORDED,)
    confounds: Mapping[int, Path] = field(default_factory=dict)
    events: Mapping[int, Path] = field(default_factory=dict)
    starts: Mapping[int, float] = field(default_factory=dict)
    merge_gap: float = 0.0
    categories: Categories = AS_WRITTEN
    home: Path | None = None
    names: Mapping[Path, str] = field(default_factory=dict)
    unusable: Mapping[str, str] = field(default_factory=dict)
    label_images: Mapping[str, LabelImage] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def conditions(self) -> tuple[str, ...]:
        """All categories shown to the subject, sorted."""
        return tuple(sorted(set(self.trials["condition"].tolist())))

    @property
    def owner(self) -> str:
        """Whose upload it is: the session's random name, empty for what everybody may share."""
        return "" if self.home is None else self.home.name

    def called(self, file: Path) -> str:
        """Return what one of its files is called from the folder that its owner has."""
        folder = self.root or self.bold[0].parent
        return self.names.get(file) or Path(os.path.relpath(file, folder)).as_posix()

    @property
    def localizer_masks(self) -> frozenset[str]:
        """The masks that nothing but responses chose."""
        origins = {name: mask.origin for name, mask in self.masks.items()}
        return frozenset(name for name, origin in origins.items() if origin and origin.localizer)

    @property
    def has_rest(self) -> bool:
        """Whether the time between blocks is in the recording: lags and betas need it."""
        if self.maps:
            return False
        return bool(self.events) or bool((self.volumes["block"] == NO_BLOCK).any())

    @property
    def lacks_time(self) -> str:
        """Why there is no time between blocks, where there is none: the end of a sentence."""
        if self.maps:
            return "its images are no series in time"
        return "only its labelled volumes were kept: the next one belongs to another block"

    @property
    def each(self) -> str:
        """What one of its volumes is called."""
        return IMAGE if self.maps else VOLUME

    @property
    def each_block(self) -> str:
        """What one of its blocks is called: each map is one by itself."""
        return IMAGE if self.maps else BLOCK

    def worded(self, text: str) -> str:
        """Return words on volumes as they are of this subject: of maps, they are on images."""
        return worded(text, self.each)

    @property
    def n_runs(self) -> int:
        """How many runs were recorded."""
        return int(self.volumes["run"].nunique())


def worded(text: str, each: str) -> str:
    """Return words on volumes for a recording of which each one is called so; names stay."""
    return re.sub(rf"\b{VOLUME}(s?)\b", rf"{each}\1", text)
