"""How much later each block begins in the labels than in the events, where there are both."""

from dataclasses import dataclass, field

import pandas as pd

from decoding.analyses.record import Analysis
from decoding.analyses.timecourse.analysis import own_shifts
from decoding.datasets.base import Subject
from decoding.progress import Progress
from decoding.samples.trials import shifts_between
from decoding.spec import DecodingSpec

COLUMNS = ["run", "condition", "onset", "onset_events", "shift"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What may be the same recording with the other source of onsets: labels, or events.

    Its version stands for it wherever options are compared.
    """

    other: Subject | None = field(default=None, compare=False)
    version: str = ""


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> pd.DataFrame | None:
    """Measure the shifts between labels and events.

    A folder with events alone has labels of its own making: then it is those that are compared.

    Returns
    -------
    pandas.DataFrame or None
        One row a block: ``run``, ``condition``, ``onset`` in the labels and ``onset_events`` in
        seconds, and ``shift``, the first minus the second. None where there is one source only.
    """
    other, shifts = options.other, None
    if other is not None:
        labelled, with_events = (other, subject) if subject.events else (subject, other)
        if with_events.events:
            shifts = shifts_between(labelled, with_events)
    if shifts is None:
        shifts = own_shifts(subject)
    return None if shifts is None else shifts[COLUMNS]


ANALYSIS = Analysis(
    name="onset_shifts",
    question="How late do the labels begin?",
    Options=Options,
    run=run,
    reads=frozenset({"dataset", "subject"}),
)
