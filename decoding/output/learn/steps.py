"""The six steps of the introduction: what each does, its lines of code, and a question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from decoding.analyses.data import Measurement
from decoding.datasets.base import Subject
from decoding.estimators import ESTIMATORS
from decoding.numbers import list_text, number_text, percent_text, score_text
from decoding.output.learn.heavy_voxels import tell_contrary
from decoding.output.learn.published import z_ratio
from decoding.output.text.wording import answer_text
from decoding.results import DecodingResult, WeightMaps

NEARLY_ALL, A_LITTLE = 0.9, 0.1
"""From this share on a score is nearly all; nearer to chance than this it is about guessing."""
LONG = 10_000
"""From here on a number has a comma at its thousands."""
BUCKETS = ("About as many as guessing", "Clearly more than guessing, but not all", "Nearly all")


@dataclass(frozen=True, kw_only=True, eq=False)
class Facts:
    """What a step knows of the recording on screen; the maps only where the step draws them."""

    subject: Subject
    measured: Measurement
    result: DecodingResult
    maps: WeightMaps | None = None


@dataclass(frozen=True, kw_only=True)
class Quiz:
    """A question, its answers, the right one among them, and what is told once one was chosen."""

    question: str
    answers: Sequence[str]
    right: str
    told: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of the introduction.

    Parameters
    ----------
    article, today : str
        Its lines of nilearn and scikit-learn as the article has them, and as they run today; the
        second is empty where they are the same.
    differs : callable
        Why the article's lines no longer run, or never did, in sentences, of the number of
        volumes; empty where they do.
    ask : callable
        The question about the recording on screen.
    cv : str
        The scheme whose score the question is about; empty: the one on screen.
    beyond : str
        Lines for what is shown here and not in the article.
    """

    label: str
    help: str
    article: str
    ask: Callable[[Facts], Quiz]
    today: str = ""
    differs: Callable[[int], str] = lambda n_volumes: ""
    cv: str = ""
    beyond: str = ""


def _ask_size(facts: Facts) -> Quiz:
    shape = facts.measured.grid.shape
    n_voxels, n_volumes = prod(shape), len(facts.measured.matrix)
    box = " x ".join(map(str, shape))
    return Quiz(
        question=f"How many voxels does one {facts.subject.each} hold?",
        answers=_apart(sum(shape), n_volumes, n_voxels),
        right=_written(n_voxels),
        told=f"Each {facts.subject.each} is a box of {box} voxels, so it holds "
        f"{_written(n_voxels)}. There are {_written(n_volumes)} of them.",
    )


def _ask_shape(facts: Facts) -> Quiz:
    each, (rows, columns) = facts.subject.each, facts.measured.shape
    right = f"{rows} x {columns}"
    return Quiz(
        question="Only the mask's voxels are kept. What shape has the table of numbers?",
        answers=(f"{columns} x {columns}", right, f"{rows} x {prod(facts.measured.grid.shape)}"),
        right=right,
        told=f"One row for each of {number_text(rows, each)}, one column for each of "
        f"{number_text(columns, 'voxel')} of the mask. Where a voxel lies is forgotten until the "
        "last step.",
    )


def _ask_selected(facts: Facts) -> Quiz:
    each, n_all = facts.subject.each, len(facts.measured.matrix)
    n, names = facts.measured.n_selected, list_text(facts.result.classes)
    return Quiz(
        question=f"Only {names} are kept. How many of the {n_all} {each}s are left?",
        answers=_apart(n // 2, n, n_all),
        right=_written(n),
        told=f"{n} {each}s of {number_text(facts.measured.n_blocks, 'block')} were labelled "
        f"{list_text(facts.result.classes, 'or')}. The blocks count more than the {each}s: those "
        "of one block are much alike.",
    )


def _ask_training(facts: Facts) -> Quiz:
    return Quiz(
        question="The classifier learns from all samples, then names the same ones. How many does "
        "it name correctly?",
        answers=BUCKETS,
        right=_bucket(facts.result),
        told=f"{percent_text(facts.result.accuracy)}. This score means nothing: "
        f"{_by_heart(facts.result)} What counts is how samples are named that took no part in the "
        "training.",
    )


def _ask_test(facts: Facts) -> Quiz:
    scores = facts.result.fold_scores
    return Quiz(
        question="Now each fold is named by a classifier that did not learn from it. How many "
        "samples are named correctly?",
        answers=BUCKETS,
        right=_bucket(facts.result),
        told=f"{answer_text(facts.result)} The folds score from {score_text(min(scores))} to "
        f"{score_text(max(scores))}: one fold alone says little.",
    )


def _ask_weight(facts: Facts) -> Quiz:
    assert facts.maps is not None
    first, second = facts.maps.pairs[0]
    return Quiz(
        question=f"A voxel has a large weight for {second}. Must it respond more to {second} than "
        f"to {first}?",
        answers=("Yes", "No"),
        right="No",
        told=f"It need not. {tell_contrary(facts.maps)} A classifier may also weigh a voxel to "
        "cancel noise that it shares with others.",
    )


def _apart(*numbers: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_written, sorted(numbers))))


def _written(n: int) -> str:
    return f"{n:,}" if n >= LONG else f"{n}"


def _by_heart(result: DecodingResult) -> str:
    """Say what a score on the training itself shows, of a classifier that misses some or none."""
    label = ESTIMATORS[result.spec.estimator].label
    if result.accuracy < 1:
        return (
            f"the classifier, {label}, has seen these very samples with their labels. It did not "
            "even learn all of them by heart."
        )
    return (
        f"it only shows that {number_text(result.n_voxels, 'voxel')} are enough for the "
        f"classifier, {label}, to learn {number_text(result.n_samples, 'sample')} by heart."
    )


def _bucket(result: DecodingResult) -> str:
    if result.accuracy >= NEARLY_ALL:
        return BUCKETS[2]
    return BUCKETS[int(result.accuracy > result.chance + A_LITTLE)]


def _mask_differs(n_volumes: int) -> str:
    return (
        "The article's lines no longer work: nilearn has no module input_data any more. And the "
        "article's z-score divided squares by the number of volumes, today's by one less: every "
        f"number is {z_ratio(n_volumes):.5f} of what it was."
    )


STEPS: dict[str, Step] = {
    "read": Step(
        label="1. Read",
        help="A recording is a series of scans. Each scan is a box of voxels, and each voxel has "
        "one number in each scan.",
        article="""\
from nilearn import datasets, plotting
from nilearn.image import mean_img

haxby_dataset = datasets.fetch_haxby()
fmri_filename = haxby_dataset.func[0]
plotting.view_img(mean_img(fmri_filename), threshold=None)""",
        ask=_ask_size,
    ),
    "mask": Step(
        label="2. Mask",
        help="A mask says which voxels are looked at. What remains is a table: one row a scan, one "
        "column a voxel, each column brought to mean 0 and spread 1.",
        article="""\
import matplotlib.pyplot as plt
from nilearn.input_data import NiftiMasker

mask_filename = haxby_dataset.mask_vt[0]
masker = NiftiMasker(mask_img=mask_filename,
                     standardize=True)
fmri_masked = masker.fit_transform(fmri_filename)
plt.plot(fmri_masked[5:150, :3])""",
        today="""\
import matplotlib.pyplot as plt
from nilearn.maskers import NiftiMasker

mask_filename = haxby_dataset.mask_vt[0]
masker = NiftiMasker(mask_img=mask_filename,
                     standardize="zscore_sample")
fmri_masked = masker.fit_transform(fmri_filename)
plt.plot(fmri_masked[5:150, :3])""",
        differs=_mask_differs,
        ask=_ask_shape,
    ),
    "choose": Step(
        label="3. Choose",
        help="The labels say what was shown when. Of all scans those of two categories are kept.",
        article="""\
import pandas as pd

behavioral = pd.read_csv(haxby_dataset.session_target[0], delimiter=" ")
conditions = behavioral["labels"]
condition_mask = conditions.isin(["face", "cat"])
fmri_masked = fmri_masked[condition_mask]
conditions = conditions[condition_mask]""",
        ask=_ask_selected,
    ),
    "fit": Step(
        label="4. Fit",
        help="A classifier learns from examples which mixture of voxels tells the categories "
        "apart.",
        article="""\
from sklearn.svm import SVC

svc = SVC(kernel="linear")
svc.fit(fmri_masked, conditions)
prediction = svc.predict(fmri_masked)
print((prediction == conditions).sum() / float(len(conditions)))""",
        ask=_ask_training,
        cv="resubstitution",
    ),
    "cross_validate": Step(
        label="5. Cross-validate",
        help="Some samples are left out, the classifier learns from the others and names those "
        "left out. Each sample has its turn.",
        article="""\
from sklearn.model_selection import KFold, LeaveOneGroupOut, cross_val_score

print(cross_val_score(svc, fmri_masked, conditions, cv=KFold(n_splits=5)))
print(cross_val_score(svc, fmri_masked, conditions,
                      cv=LeaveOneGroupOut(), groups=session_label))""",
        today="""\
from sklearn.model_selection import KFold, LeaveOneGroupOut, cross_val_score

session_label = behavioral["chunks"][condition_mask]
print(cross_val_score(svc, fmri_masked, conditions, cv=KFold(n_splits=5)))
print(cross_val_score(svc, fmri_masked, conditions,
                      cv=LeaveOneGroupOut(), groups=session_label))""",
        differs=lambda n_volumes: (
            "The article's lines do not work as they stand: they never say what session_label is. "
            "It is the run of each volume, which the table of labels calls its chunk."
        ),
        ask=_ask_test,
    ),
    "map": Step(
        label="6. Map",
        help="Each voxel has one weight in the classifier. Put back in its place it makes a map.",
        article="""\
coef_img = masker.inverse_transform(svc.coef_)
coef_img.to_filename("haxby_svc_weights.nii.gz")
plotting.plot_stat_map(coef_img, bg_img=haxby_dataset.anat[0], title="SVM weights")""",
        beyond="""\
from sklearn.linear_model import LinearRegression

decision = svc.decision_function(fmri_masked).reshape(-1, 1)
pattern = LinearRegression().fit(decision, fmri_masked).coef_.T
pattern_img = masker.inverse_transform(pattern)""",
        ask=_ask_weight,
    ),
}
"""In their order, by the name that a link has for each."""
