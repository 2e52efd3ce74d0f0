"""Every chart by one name: pure functions of results and tables to plotly figures.

Each chart has a sentence that reads it (``reading_``), words that stand for it
(`alt_text` of the figure), and its data as a table (``_table``) where no result has it already.
"""

from decoding.output.chart import CHART_CONFIG, alt_text
from decoding.output.figures_decode import (
    confusion_table,
    fold_scores_table,
    null_table,
    plot_confusion,
    plot_fold_scores,
    plot_null,
    reading_confusion,
    reading_fold_scores,
    reading_null,
)

__all__ = [
    "CHART_CONFIG",
    "alt_text",
    "confusion_table",
    "fold_scores_table",
    "null_table",
    "plot_confusion",
    "plot_fold_scores",
    "plot_null",
    "reading_confusion",
    "reading_fold_scores",
    "reading_null",
]
