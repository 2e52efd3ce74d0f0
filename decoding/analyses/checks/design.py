"""What the design checks look at, and what each finds."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import pandas as pd

from decoding.datasets.base import Subject
from decoding.folds import Folds
from decoding.samples.extract import Samples
from decoding.spec import DecodingSpec

Status: TypeAlias = Literal["pass", "warn", "fail", "moot"]
"""A check is moot where it has nothing to look at: it is no check that passed."""
Finding: TypeAlias = tuple[Status, str]
"""Where it warns or fails its words also say why it matters, and what to do."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """What the checks look at."""

    subject: Subject
    spec: DecodingSpec
    samples: Samples
    folds: Folds

    @property
    def blocks(self) -> pd.DataFrame:
        """One row a block of a chosen category, in order: ``block``, ``run``, ``condition``."""
        table = pd.DataFrame(
            {"block": self.samples.blocks, "run": self.samples.runs, "condition": self.samples.y}
        )
        return table.drop_duplicates("block").reset_index(drop=True)
