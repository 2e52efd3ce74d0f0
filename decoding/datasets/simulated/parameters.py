"""What a simulated subject is made from; the same values always give the same bytes."""

import zlib
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from decoding.errors import SpecError

FORMAT = 1
CATEGORIES = ("bottle", "cat", "chair", "face", "house", "scissors", "scrambledpix", "shoe")
N_RUNS, RUN_VOLUMES, T_R = 12, 121, 2.5
BLOCK_STARTS = (6, 21, 35, 49, 63, 78, 92, 106)
BLOCK_VOLUMES = 9
LEAST = 0.05  # in standard deviations of a voxel's noise: smaller differences tell nothing apart

# In Haxby's subject 1 the response overlaps best with the labels as they are, for they follow the
# stimuli by some 3 s; a little more here, so that a lag of one volume can be seen to help.
DELAY = 2.0

Size = Literal["demo", "full"]
Order = Literal["random", "same"]
Localizer = Literal["place", "responses"]


@dataclass(frozen=True, kw_only=True)
class SimulationParameters:
    """The values that decide every byte of a simulated subject.

    Parameters
    ----------
    subject : int
        1 or more; decides the anatomy, the masks and where the category regions lie.
    size : {"demo", "full"}
        ``"demo"`` has voxels of 5 mm; ``"full"`` has exactly Haxby's grid and brain mask size.
    seed : int
        0 or more; decides the block order, the patterns and the noise.
    signal : float
        Factor on what the categories differ in; 0 gives noise that knows no category.
    delay : float
        Seconds by which the response lags the labels, 0 to 15: moved by it they overlap most.
    order : {"random", "same"}
        Whether each run draws the order of its blocks anew, or all have that of the first.
    localizer : {"place", "responses"}
        What chose the masks of faces and houses: where these are planted, or the recording itself,
        which makes them circular with or without a signal.
    """

    subject: int = 1
    size: Size = "demo"
    seed: int = 0
    signal: float = 1.0
    delay: float = DELAY
    order: Order = "random"
    localizer: Localizer = "place"

    def __post_init__(self) -> None:
        if self.subject < 1:
            raise SpecError(f"A simulated subject is numbered from 1, not {self.subject}.")
        if self.seed < 0:
            raise SpecError(f"The seed is {self.seed}; it must be 0 or more.")
        if not (np.isfinite(self.signal) and self.signal >= 0):
            raise SpecError(
                f"The signal is {self.signal:g}; it must be 0 or more (1 is as recorded)."
            )
        if not 0 <= self.delay <= 15:
            raise SpecError(f"The delay is {self.delay:g} s; it must lie between 0 and 15 s.")
        if self.size not in ("demo", "full"):
            raise SpecError(f"Unknown size {self.size!r}. Choose from: demo, full.")

    def as_dict(self) -> dict[str, Any]:
        """Return the values as JSON types."""
        values = {"format": FORMAT, **asdict(self)}
        if self.order == "random":  # as files say that were made when there was no other
            del values["order"]
        if self.localizer == "place":
            del values["localizer"]
        return values


KNOBS: dict[str, tuple[SimulationParameters, str]] = {
    name: (SimulationParameters(subject=int(name), **changes), words)
    for name, changes, words in (
        ("11", {"signal": 0.0}, "no signal"),
        ("12", {"signal": 0.4}, "a faint signal in much noise"),
        ("13", {"delay": 7.0}, "a response 7 s after the labels"),
        ("14", {"signal": 0.0, "order": "same"}, "no signal, and one order in every run"),
        (
            "15",
            {"signal": 0.0, "localizer": "responses"},
            "no signal, and masks that noise chose",
        ),
    )
}
"""Subjects to learn from, by name: what they are made from, and what is special of each."""


def stream(parameters: SimulationParameters, purpose: str) -> np.random.Generator:
    """Return the random numbers for one purpose, independent of what else was drawn."""
    return _generator(parameters.subject, parameters.seed + 1, purpose)


def anatomy_stream(subject: int, purpose: str) -> np.random.Generator:
    """Return the random numbers of a subject's anatomy, which no seed changes."""
    return _generator(subject, 0, purpose)


def _generator(subject: int, seed: int, purpose: str) -> np.random.Generator:
    entropy = [FORMAT, subject, seed, zlib.crc32(purpose.encode())]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(entropy)))
