"""Every chart by one name: pure functions of results and tables to plotly figures.

Each chart has a sentence that reads it (``reading_``), words that stand for it (`alt_text` of the
figure), and its data as a table (``_table``) where no result has it already.
"""

from decoding.output.figures.chart import CHART_CONFIG, alt_text
from decoding.output.figures.confusion import confusion_table, plot_confusion, reading_confusion
from decoding.output.figures.course import (
    course_table,
    plot_course,
    reading_course,
    reading_peaks,
)
from decoding.output.figures.glm import plot_design, plot_kinds, reading_design, reading_kinds
from decoding.output.figures.lags import (
    plot_generalization,
    plot_lags,
    reading_generalization,
    reading_lags,
    reading_nested,
    seconds_above,
)
from decoding.output.figures.matrix import plot_masked_matrix, reading_masked_matrix, shrink_matrix
from decoding.output.figures.null import null_table, plot_null, reading_null
from decoding.output.figures.schemes import plot_schemes, reading_schemes, schemes_table
from decoding.output.figures.scores import (
    fold_scores_table,
    plot_fold_scores,
    reading_fold_scores,
)
from decoding.output.figures.series import (
    plot_time_series,
    reading_time_series,
    time_series_table,
)
from decoding.output.figures.similarity import (
    matrix_table,
    plot_correlations,
    plot_dissimilarity,
    reading_correlations,
    reading_dissimilarity,
)
from decoding.output.figures.timeline import (
    blocks_table,
    plot_timeline,
    reading_timeline,
    volumes_tested,
)

__all__ = [
    "CHART_CONFIG",
    "alt_text",
    "blocks_table",
    "confusion_table",
    "course_table",
    "fold_scores_table",
    "matrix_table",
    "null_table",
    "plot_confusion",
    "plot_correlations",
    "plot_course",
    "plot_design",
    "plot_dissimilarity",
    "plot_fold_scores",
    "plot_generalization",
    "plot_kinds",
    "plot_lags",
    "plot_masked_matrix",
    "plot_null",
    "plot_schemes",
    "plot_time_series",
    "plot_timeline",
    "reading_confusion",
    "reading_correlations",
    "reading_course",
    "reading_design",
    "reading_dissimilarity",
    "reading_fold_scores",
    "reading_generalization",
    "reading_kinds",
    "reading_lags",
    "reading_masked_matrix",
    "reading_nested",
    "reading_null",
    "reading_peaks",
    "reading_schemes",
    "reading_time_series",
    "reading_timeline",
    "schemes_table",
    "seconds_above",
    "shrink_matrix",
    "time_series_table",
    "volumes_tested",
]
