"""A methods paragraph ready for a paper, after the COBIDAS report (Nichols et al. 2017)."""

from collections.abc import Collection, Iterator

from decoding.analyses.check import CheckResult
from decoding.analyses.record import Tried
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets import credits_of
from decoding.datasets.base import Subject
from decoding.datasets.own.dataset import OWN
from decoding.estimators import ESTIMATORS
from decoding.numbers import count_text, counts_text, list_text, number_text, p_text, score_text
from decoding.output.states import LOOKS
from decoding.output.text.wording import FIRST_LOOK, baseline_of, kind_text
from decoding.results import DecodingResult, PermutationResult
from decoding.samples.kinds import SAMPLES
from decoding.samples.standardize import STANDARDIZE
from decoding.samples.trials import labels_enter, unmodelled_text
from decoding.settings import SETTINGS, mask_label
from decoding.spec import AS_WRITTEN, DecodingSpec

ELSEWHERE = (
    "dataset", "subject", "mask", "conditions", "samples", "standardize", "estimator", "cv",
)  # fmt: skip
"""Settings that have their place in a sentence below; any other has a sentence of its own."""
ORDER = "order_within_runs"
"""The check whose finding is told even where it passes: relabelling assumes a random order."""


def methods_paragraph(
    subject: Subject,
    result: DecodingResult,
    test: PermutationResult,
    checks: CheckResult,
    tried: Collection[Tried] | None,
    versions: dict[str, str],
) -> str:
    """Write the paragraph as plain text, with every number; test and checks are of the same spec.

    Analyses tried are None where that is not known; versions are given by package.
    """
    spec = result.spec
    return " ".join(
        [
            _data(subject, result),
            *_naming(subject, spec),
            _preparation(subject, spec),
            _decoding(result),
            _score(result, test),
            _inference(subject, test),
            _design(checks),
            _choice(tried),
            f"Computed with Voxelscope {versions['voxelscope']}, nilearn {versions['nilearn']} and "
            f"scikit-learn {versions['scikit-learn']} in Python {versions['python']}.",
        ]
    )


def _data(subject: Subject, result: DecodingResult) -> str:
    spec = result.spec
    origin = f"The recording was subject {subject.name} of {credits_of(subject).label}"
    if subject.simulated:
        origin = f"The recording was simulated by Voxelscope, subject {subject.name}; no person "
        origin += "was recorded"
    elif subject.dataset == OWN.name:
        origin = f"The recording was uploaded to Voxelscope under the name '{subject.name}'"
    counts = counts_text(result.n_samples, result.n_blocks, subject.each_block)[:-1]
    time = "no series in time" if subject.maps else f"repetition time {subject.t_r:g} s"
    return (
        f"{origin} ({number_text(subject.n_runs, 'run')}, {len(subject.volumes)} {subject.each}s, "
        f"{time}). The categories {list_text(result.classes)} "
        f"were decoded from the {result.n_voxels} voxels of the mask '{mask_label(spec.mask)}'; "
        f"{subject.worded(SAMPLES[spec.samples].methods)} ({counts})."
    )


def _naming(subject: Subject, spec: DecodingSpec) -> Iterator[str]:
    """Say how categories were read otherwise than the files write them, and what betas miss."""
    asked, called = subject.categories, dict[str, list[str]]()
    if asked.column != AS_WRITTEN.column:
        yield f"Categories were read from the column '{asked.column}'."
    for kind, name in asked.names:
        called.setdefault(name, []).append(repr(kind))
    for name, kinds in called.items():
        was = "was" if len(kinds) == 1 else "were"
        yield f"{list_text(kinds)} {was} {f'called {name!r}' if name else 'left out'}."
    if SAMPLES[spec.samples].is_beta and (told := unmodelled_text(subject)):
        yield told


def _preparation(subject: Subject, spec: DecodingSpec) -> str:
    what = "Samples" if SAMPLES[spec.samples].is_beta or subject.maps else "Voxel time series"
    how = STANDARDIZE[spec.standardize].methods
    sentences = {
        name: setting.methods_sentence(value)
        for name, setting in SETTINGS.items()
        if name not in ELSEWHERE and (value := getattr(spec, name)) != setting.default
    }
    parts = [
        "No smoothing and no motion correction was applied here"
        + ("." if subject.simulated else "; what was done to the recording before is not known."),
        sentences.pop("detrend", ""),
        f"{what} were {how}; no labels entered this step.",
        *sentences.values(),
    ]
    return " ".join(part for part in parts if part)


def _decoding(result: DecodingResult) -> str:
    estimator, scheme = ESTIMATORS[result.spec.estimator], CV_SCHEMES[result.spec.cv]
    parts = f" {scheme.parts(result.predictions['run'].to_numpy())}" if scheme.parts else ""
    folds = number_text(len(result.fold_scores), "fold")
    return (
        f"Categories were decoded by {estimator.methods} under {scheme.methods} ({folds}).{parts}"
    )


def _score(result: DecodingResult, test: PermutationResult) -> str:
    scheme, baseline = CV_SCHEMES[result.spec.cv], baseline_of(result, test.null)
    against = (
        "chance is no comparison, as responses to these categories chose the mask"
        if baseline is None
        else f"chance {score_text(result.chance)}"
        if scheme.by_run
        else f"{score_text(test.null.mean)} for shuffled labels, on average"
    )
    auc = "" if result.auc is None else f"; area under the ROC curve {score_text(result.auc)}"
    text = (
        f"The score is accuracy averaged over folds: {score_text(result.accuracy)} ({against}; "
        f"balanced accuracy {score_text(result.balanced_accuracy)}{auc})."
    )
    if scheme.leaks:
        text += " This scheme leaks and the score does not generalise to new runs."
    elif not scheme.by_run:
        text += " Whole runs were not left out, so the score is not one for new runs."
    return text


def _design(checks: CheckResult) -> str:
    """Say what fails and warns, and how categories were ordered, without the remedies."""
    told = [one for one in checks.checks if one.status in ("warn", "fail") or one.check == ORDER]
    found = (
        f"{one.title.capitalize()} ({LOOKS[one.status].word.lower()}): "
        f"{one.message.partition('. ')[0].rstrip('.')}."
        for one in told
    )
    return " ".join([f"Of {len(checks.checks)} design checks {checks.summary}.", *found])


def _choice(tried: Collection[Tried] | None) -> str:
    if tried is None:
        return "How many other analyses were tried is not known here."
    if len(tried) < 2:
        return "No other analysis of this recording was scored in the same session."
    return (
        f"{len(tried)} analyses of this recording were scored in the same session, this one among "
        "them: each combination that a page computed counts, looked at or not. p does not count "
        "that choice."
    )


def _inference(subject: Subject, test: PermutationResult) -> str:
    null = test.null
    kind = (
        f"all {count_text(null.n_distinct)} distinct relabellings"
        if null.exact
        else f"{null.n_relabellings} relabellings drawn at random (seed {null.seed})"
    )
    if kind_text(null) == FIRST_LOOK:
        kind += ", a first look"
    inexact = ""
    if labels_enter(subject, test.spec):
        inexact = " The models of these betas held the labels before, so p is not exact."
    return (
        f"Significance was assessed by relabelling whole {subject.each_block}s within runs and "
        f"repeating the complete cross-validation under {kind}: null mean "
        f"{score_text(null.mean)}, standard deviation {score_text(null.sd)}, p = "
        f"{p_text(test.p_value)} (one-sided; smallest p within reach {p_text(null.smallest_p)})."
        f"{inexact}"
    )
