"""A self-contained HTML report: the spec, its checks, scores, null and maps, and the script."""

import base64
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from decoding import __version__
from decoding.analyses import permute
from decoding.cross_validation import CV_SCHEMES, TRUST_WORDS
from decoding.datasets import credits_of
from decoding.datasets.base import Subject
from decoding.estimators import ESTIMATORS
from decoding.null import Null
from decoding.numbers import count_text, counts_text, number_text, p_text, percent_text, score_text
from decoding.output.brain.view import hidden_below
from decoding.output.downloads import credit_lines
from decoding.output.report.charts import (
    curve_svg,
    design_svg,
    fold_scores_svg,
    null_svg,
    replay_svg,
)
from decoding.output.report.methods import methods_paragraph
from decoding.output.report.parts import ReportParts
from decoding.output.states import LOOKS, is_wrong, lag_state
from decoding.output.static import static_background, values_picture
from decoding.output.text.choices import curve_words
from decoding.output.text.plan import effect_text, plan_table, reading_plan
from decoding.output.text.readings import MAP_USES, reading_chosen_lag, reading_chosen_voxels
from decoding.output.text.remedies import honest_words
from decoding.output.text.replay import reading_replay
from decoding.output.text.wording import (
    FIRST_LOOK,
    answer_text,
    baseline_of,
    compared_text,
    kind_text,
    left_out_text,
    smallest_text,
    wrongs,
)
from decoding.results import DecodingResult
from decoding.settings import SETTINGS, conditions_label
from decoding.spec import DecodingSpec, differing_fields

MOST_PAIRS = 28
"""Those of eight categories; each has two maps, drawn in about a second."""
PACKAGES = ("numpy", "scipy", "scikit-learn", "nilearn", "nibabel", "pandas")


def render_report(parts: ReportParts) -> str:
    """Write the report as one HTML file that loads nothing from elsewhere."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters |= {"score_text": score_text, "p_text": p_text, "count_text": count_text}
    environment.filters |= {"percent_text": percent_text}
    return environment.get_template("report.html").render(_context(parts))


def _context(parts: ReportParts) -> dict[str, Any]:
    result, test, block = parts.result, parts.test, parts.subject.each_block
    versions, script = software_versions(), parts.script
    confusion, baseline = result.confusion, baseline_of(result, test.null)
    wrong = is_wrong(result.spec, circular=result.circular)
    methods = methods_paragraph(parts.subject, result, test, parts.checks, parts.tried, versions)
    return {
        "title": _title(parts),
        "credit": credit_lines(parts.subject),
        "address": parts.address,
        "link": _link(result.spec, test.null),
        "spec": spec_words(parts.subject, result),
        "result": result,
        "wrong": wrongs(parts.subject, result.spec).values(),
        "struck": wrong,
        "honest": parts.honest,
        "honest_words": honest_words(result.spec, parts.honest) if parts.honest else "",
        "looks": LOOKS,
        "test": test,
        "p_kind": kind_text(test.null),
        "smallest": smallest_text(test.null),
        "dotted": f" Dotted: {baseline[1]} {score_text(baseline[0])}." if baseline else "",
        "compared": compared_text(result, test.null),
        "answer": answer_text(result, test.null, parts.named),
        "counts": " ".join(
            [counts_text(result.n_samples, result.n_blocks, block), left_out_text(result)]
        ).strip(),
        "n_folds": number_text(len(result.fold_scores), "fold"),
        "checks": parts.checks.checks,
        "summary": parts.checks.sentence,
        "folds": result.folds.to_dict("records"),
        "confusion": list(zip(result.classes, confusion.to_numpy().tolist(), strict=True)),
        **_figures(parts, wrong=wrong),
        "others": parts.others.rows if parts.others else (),
        "replay_reading": parts.replayed and reading_replay(parts.replayed),
        "curve_words": parts.curve and curve_words(parts.curve, result.spec, block),
        "planned": parts.planned and plan_table(parts.planned).to_dict("records"),
        "planned_words": parts.planned
        and f"{reading_plan(parts.planned)} {effect_text(parts.planned)}",
        "no_maps": f"No map is drawn: {ESTIMATORS[result.spec.estimator].label} has no weights.",
        "lag_note": parts.lag_note or _lag_note(result.spec),
        "lag_state": lag_state(chosen=parts.lag_chosen),
        "methods": methods,
        "tried": [_tried_words(result.spec, *one) for one in parts.tried or ()],
        "versions": versions,
        "script": script,
        "script64": base64.b64encode(script.encode()).decode(),
    }


def _figures(parts: ReportParts, *, wrong: bool) -> dict[str, Any]:
    result, test, curve = parts.result, parts.test, parts.curve
    return {
        "design": design_svg(parts.subject, result),
        "folds_figure": fold_scores_svg(result, test),
        "replay_figure": parts.replayed and replay_svg(parts.subject, parts.replayed),
        "curve_figure": curve and curve_svg(curve, curve.place_of(result.spec)),
        "null_figure": null_svg(test, wrong=wrong),
        "maps": _pictures(parts),
        "n_undrawn": 0 if parts.maps is None else max(0, len(parts.maps.pairs) - MOST_PAIRS),
    }


def _link(spec: DecodingSpec, null: Null) -> str:
    """Return the link that draws the same relabellings again."""
    drawn = permute.Options()
    if not null.exact:
        drawn = permute.Options(permutations=null.n_relabellings, seed=null.seed or 0)
    return permute.ANALYSIS.link(spec, drawn)


def _title(parts: ReportParts) -> str:
    """Say the score, and in the same breath what it is worth: scheme, p, the gravest check."""
    result, scheme = parts.result, CV_SCHEMES[parts.result.spec.cv]
    under = f" under {scheme.label.lower()} ({TRUST_WORDS[scheme.trust]})" if scheme.leaks else ""
    worst = [one for one in parts.checks.checks if one.status == parts.checks.worst]
    design = {"fail": "fails", "warn": "warns", "pass": "no design check fails or warns"}[
        worst[0].status
    ]
    if worst[0].status != "pass":
        more = f" and {len(worst) - 1} more" if len(worst) > 1 else ""
        design = f"design check {design}: {worst[0].title}{more}"
    kind = f" ({FIRST_LOOK})" if kind_text(parts.test.null) == FIRST_LOOK else ""
    return (
        f"{conditions_label(parts.named[::-1] or result.classes)}: "
        f"accuracy {score_text(result.accuracy)}{under}, "
        f"p {p_text(parts.test.p_value)}{kind}; {design}"
    )


def _lag_note(spec: DecodingSpec) -> str:
    return reading_chosen_lag(spec.lag, None, known=False) if spec.lag else ""


def _tried_words(reported: DecodingSpec, spec: DecodingSpec, what: str) -> str:
    """Say in what an analysis that was tried differs from the one that is reported."""
    words = [
        f"{SETTINGS[name].label} {SETTINGS[name].words(getattr(spec, name))}"
        for name in differing_fields(reported, spec)
    ]
    return "; ".join([*words, what] if what else words) or "the analysis reported here"


def spec_words(subject: Subject, result: DecodingResult) -> dict[str, str]:
    """Return the fields of a spec as people read them, each code behind its label."""
    words = {}
    for name, setting in SETTINGS.items():
        value = getattr(result.spec, name)
        words[name] = setting.words(value)
        if isinstance(value, str) and words[name] != value:
            words[name] += f" ({value})"
    return words | {
        "dataset": f"{credits_of(subject).label} ({result.spec.dataset})",
        "conditions": ", ".join(result.classes),  # also where all of them are meant
    }


def software_versions() -> dict[str, str]:
    """Return the versions of Python, Voxelscope and the packages that numbers depend on."""
    return {
        "python": platform.python_version(),
        "voxelscope": __version__,
        **{name: version(name) for name in PACKAGES},
    }


def _pictures(parts: ReportParts) -> list[dict[str, str]]:
    if parts.maps is None:
        return []
    background = static_background(parts.subject)
    pictures = []
    for number, (first, second) in enumerate(parts.maps.pairs[:MOST_PAIRS]):
        for what, use in MAP_USES.items():
            reading = f"{use} {reading_chosen_voxels(parts.maps)}".rstrip()
            values = parts.maps.values(what)[number]
            image, threshold = parts.maps.grid.image(values), hidden_below(values)
            png = values_picture(image, background, theme="light", threshold=threshold, axial=True)
            title = f"{what.capitalize()}, {second} (warm) against {first} (cool)"
            png64 = base64.b64encode(png).decode()
            pictures.append({"title": title, "reading": reading, "png": png64})
    return pictures
