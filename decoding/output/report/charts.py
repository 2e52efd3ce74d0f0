"""The report's charts as SVG, drawn without a browser."""

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from decoding.analyses.choices.result import ChoicesResult
from decoding.analyses.choices.universe import choice_words
from decoding.analyses.replay import ReplayResult
from decoding.datasets.base import Subject
from decoding.output.colours import THEMES, category_styles, ink_on
from decoding.output.states import is_wrong
from decoding.output.static import LOCK, SVG_SALT
from decoding.output.text.wording import baseline_of
from decoding.results import DecodingResult, PermutationResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAPER = THEMES["light"]
_LETTERED = 3
"""Bars of so many volumes are too short for a category's letters."""
INK, ACCENT, QUIET, WRONG = PAPER.text, PAPER.primary, PAPER.muted, PAPER.warm


def fold_scores_svg(result: DecodingResult, test: PermutationResult) -> str:
    """Draw the score of each fold, the mean, the band of shuffled labels, and the baseline.

    The folds of a wrong score are crosses.
    """
    figure, axes = _new_axes(6.6, 2.6)
    scores, x = result.fold_scores, np.arange(len(result.fold_scores))
    axes.axhspan(*test.null.band, color=QUIET, alpha=0.18, lw=0)
    if baseline := baseline_of(result, test.null):
        axes.axhline(baseline[0], color=QUIET, ls=":", lw=1)
    wrong = is_wrong(result.spec, circular=result.circular)
    ink = WRONG if wrong else ACCENT
    axes.axhline(result.accuracy, color=ink, lw=1.4)
    axes.plot(x, scores, "x" if wrong else "o", color=ink, ms=5)
    axes.set(ylim=(-0.04, 1.04), ylabel="accuracy", xlabel="runs tested")
    if len(x) <= 16:
        axes.set_xticks(x, result.folds["runs"], fontsize=7)
    return _svg(figure)


def null_svg(test: PermutationResult, *, wrong: bool) -> str:
    """Draw the histogram of shuffled labels' scores, the real one, and the one to beat for p 0.05.

    The line of a `wrong` score has its colour.
    """
    figure, axes = _new_axes(6.6, 2.2)
    edges, counts = test.null.bins()
    axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=QUIET, alpha=0.5)
    if (point := test.null.one_sided_point) is not None:
        axes.axvline(point, color=INK, ls="--", lw=1)
    axes.axvline(test.observed, color=WRONG if wrong else ACCENT, lw=2)
    axes.set(xlabel="mean accuracy of shuffled labels", ylabel="relabellings")
    return _svg(figure)


def design_svg(subject: Subject, result: DecodingResult) -> str:
    """Draw runs by volumes, each block in its category's colour, unused ones pale."""
    volumes = subject.volumes
    runs = volumes["run"].unique()
    styles = category_styles(subject.conditions, "light")
    figure, axes = _new_axes(6.6, 0.9 + 0.17 * len(runs))
    for row, run in enumerate(runs):
        of_run = volumes[volumes["run"] == run].reset_index(drop=True)
        for _, block in of_run[of_run["block"] >= 0].groupby("block"):
            name = str(block["condition"].iloc[0])
            used, style = name in result.classes, styles[name]
            first, n, alpha = block.index[0], len(block), 1.0 if used else 0.18
            axes.barh(row, n, left=first, height=0.8, color=style.colour, alpha=alpha)
            if used:
                axes.text(
                    first + n / 2, row, style.code, color=ink_on(style.colour),
                    ha="center", va="center", fontsize=6,
                )  # fmt: skip
    axes.set_yticks(range(len(runs)), [str(run) for run in runs], fontsize=7)
    axes.invert_yaxis()
    axes.set(xlabel=f"{subject.each} within the run", ylabel="run")
    return _svg(figure)


def replay_svg(subject: Subject, replayed: ReplayResult) -> str:
    """Draw what was shown over what was decoded in a run; categories not decoded are pale."""
    styles = category_styles(subject.conditions, "light")
    figure, axes = _new_axes(6.6, 1.1)
    for row in replayed.stretches.to_dict("records"):
        style, n = styles[row["name"]], row["n_volumes"] * replayed.t_r
        used, left, at = row["name"] in replayed.classes, row["first"] * replayed.t_r, row["row"]
        axes.barh(at, n, left=left, height=0.8, color=style.colour, alpha=1.0 if used else 0.18)
        if used and row["n_volumes"] > _LETTERED:
            axes.text(
                left + n / 2, at, style.code, color=ink_on(style.colour), ha="center",
                va="center", fontsize=6,
            )  # fmt: skip
    axes.set_yticks(["shown", "decoded"])
    axes.set_ylim(1.5, -0.5)
    axes.set(xlim=(0, len(replayed.volumes) * replayed.t_r))
    axes.set(xlabel=f"s from the start of run {replayed.run}")
    return _svg(figure)


def curve_svg(found: ChoicesResult, own: int | None) -> str:
    """Draw every combination by score with its band of shuffled labels, its choices below.

    The reported one, `own`, is ringed. Scores of a circular mask are crosses.
    """
    rows = [(name, value) for name in found.varied for value in found.values[name]]
    figure = _new_figure(6.6, 2.6 + 0.17 * len(rows))
    ratios = 2.6, 0.1 + 0.17 * len(rows)
    curve, matrix = map(_quiet, figure.subplots(2, 1, sharex=True, height_ratios=ratios))
    rank = {place: x for x, place in enumerate(found.order)}
    if found.joint is not None:
        at, (low, high) = [rank[place] for place in found.joined], found.joint.bands
        curve.vlines(at, low, high, color=QUIET, alpha=0.35, lw=2)
    if not found.circular:
        curve.axhline(found.chance, color=QUIET, ls=":", lw=1)
    ink, mark = (WRONG, "x") if found.circular else (ACCENT, "o")
    curve.plot(found.accuracies[found.order], mark, color=ink, ms=3.5)
    if own is not None:
        curve.plot(rank[own], found.accuracies[own], "o", ms=9, mfc="none", mec=INK)
    curve.set(ylabel="accuracy")
    for row, (name, value) in enumerate(rows):
        one = [rank[p] for p, c in enumerate(found.combinations) if getattr(c.spec, name) == value]
        matrix.plot(one, [row] * len(one), "s", color=INK, ms=2)
    matrix.set_yticks(range(len(rows)), [choice_words(*row) for row in rows], fontsize=7)
    matrix.set(xticks=[], ylim=(max(len(rows), 1) - 0.5, -0.5), xlabel="combinations by score")
    return _svg(figure)


def _new_axes(width: float, height: float) -> tuple["Figure", "Axes"]:
    figure = _new_figure(width, height)
    return figure, _quiet(figure.add_subplot())


def _new_figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", facecolor="none")


def _quiet(axes: "Axes") -> "Axes":
    axes.set_facecolor("none")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=INK)
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set_fontsize(8)
    return axes


def _svg(figure: "Figure") -> str:
    from matplotlib import rc_context

    file = BytesIO()
    with LOCK, rc_context({"svg.hashsalt": SVG_SALT}):
        figure.savefig(file, format="svg", metadata={"Date": None}, transparent=True)
    text = file.getvalue().decode()
    return text[text.index("<svg") :]
