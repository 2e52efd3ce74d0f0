"""What makes an estimator fast: its kernels by name, imported only where they are used.

Compiled kernels bring numba, which takes a second to import.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from decoding.kernels.searchlight.folds import SphereScores
    from decoding.kernels.searchlight.null import NullMaxima

KERNELS = "decoding.kernels"


@dataclass(frozen=True, kw_only=True)
class FastNull:
    """A way to the predictions of many relabellings that gives those of refits without refitting.

    Parameters
    ----------
    kernel : str
        The module, in `KERNELS`, whose ``predict_held_out`` it is.
    compiled_for : str
        The estimator whose kernels a new server compiles first; empty where nothing is compiled.
    of_two : bool
        Whether two categories are all it knows.
    refits : bool
        Whether it takes a function that refits a fold, for where rounding may decide.
    """

    kernel: str
    compiled_for: str = ""
    of_two: bool = False
    refits: bool = False

    def load(self) -> Callable[..., np.ndarray]:
        """Import and return ``predict_held_out``."""
        return resolve_name(f"{KERNELS}.{self.kernel}:predict_held_out")  # type: ignore[no-any-return]


@dataclass(frozen=True, kw_only=True)
class Engine:
    """How an estimator is taken to every sphere.

    Parameters
    ----------
    kernel : str
        Module and name, in the searchlight's kernels, of the function that scores every sphere.
    null_kernel : str or None
        The same for its null; None where each relabelling scores every sphere anew.
    map_threads : int
        The most threads for a map. Each has 30 MB of its own for naive Bayes, 40 MB are shared for
        an SVM, so that a map and another one's null stay below 100 MB together.
    map_seconds, null_seconds : float
        About how long a sphere and fold takes on two cores, once and under one relabelling, with
        two categories in 216 samples.
    """

    kernel: str
    null_kernel: str | None = None
    map_threads: int
    map_seconds: float
    null_seconds: float

    def load_score(self) -> "Callable[..., SphereScores]":
        """Import and return the function that scores every sphere."""
        return resolve_name(f"{KERNELS}.searchlight.{self.kernel}")  # type: ignore[no-any-return]

    def load_null(self) -> "Callable[..., NullMaxima]":
        """Import and return the function that does so under relabelled blocks."""
        return resolve_name(f"{KERNELS}.searchlight.{self.null_kernel}")  # type: ignore[no-any-return]
