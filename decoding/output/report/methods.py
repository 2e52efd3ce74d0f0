"""A methods paragraph ready for a paper, after the COBIDAS report (Nichols et al. 2017)."""

from decoding.cross_validation import CV_SCHEMES
from decoding.datasets import credits_of
from decoding.datasets.base import Subject
from decoding.numbers import score_text
from decoding.results import DecodingResult, PermutationResult
from decoding.spec import DecodingSpec

SAMPLES_TEXT = {
    "volume": "each labelled volume was one sample",
    "block": "the mean of a block's volumes was one sample",
    "lsa": "each block's response amplitude was one sample, estimated with all blocks of the run "
    "in one general linear model (LSA)",
    "lss": "each block's response amplitude was one sample, estimated in a general linear model of "
    "that block against all other blocks of the run (LSS; Mumford et al. 2012)",
    "run_beta": "each category's response amplitude in a run was one sample, estimated by a "
    "general linear model",
}
STANDARDIZE_TEXT = {
    "all": "standardized to mean 0 and sample standard deviation 1 over the whole recording",
    "run": "standardized to mean 0 and sample standard deviation 1 within each run",
    "none": "left in the scanner's units",
}
ESTIMATOR_TEXT = {
    "svc": "a linear support vector machine (C = 1)",
    "svc_tuned": "a linear support vector machine, its C chosen among 1e-4 to 10 by "
    "leave-one-run-out within each training set",
    "logistic": "L2-penalised logistic regression (C = 1)",
    "lda": "linear discriminant analysis with Ledoit-Wolf shrinkage",
    "ridge": "ridge classification (alpha = 1)",
    "gnb": "Gaussian naive Bayes",
    "correlation": "the category whose mean training pattern correlated best with the sample "
    "(Haxby et al. 2001)",
    "dummy": "the most frequent training category, a baseline",
}
CV_TEXT = {
    "leave_one_run_out": "leave-one-run-out cross-validation",
    "leave_two_runs_out": "leave-two-runs-out cross-validation",
    "split_half": "split-half cross-validation between odd and even runs, both ways",
    "kfold": "5-fold cross-validation over consecutive samples",
    "stratified": "stratified 5-fold cross-validation over consecutive samples",
    "shuffled_kfold": "k-fold cross-validation over shuffled samples",
    "resubstitution": "no cross-validation: training and test samples were the same",
}


def methods_paragraph(
    subject: Subject, result: DecodingResult, test: PermutationResult, versions: dict[str, str]
) -> str:
    """Write the paragraph.

    Parameters
    ----------
    subject : Subject
    result : DecodingResult
    test : PermutationResult
        Of the same spec.
    versions : dict of str to str
        Versions of the software, by package.

    Returns
    -------
    str
        Plain text: data, features, samples, preparation, classifier, validation, score, inference
        and software, with every number.
    """
    spec = result.spec
    return " ".join(
        [
            _data(subject, result),
            _preparation(subject, spec),
            f"Categories were decoded by {ESTIMATOR_TEXT[spec.estimator]} under {CV_TEXT[spec.cv]} "
            f"({len(result.fold_scores)} folds).",
            _score(result),
            _inference(test),
            f"Computed with Voxelscope {versions['voxelscope']}, nilearn {versions['nilearn']} and "
            f"scikit-learn {versions['scikit-learn']} in Python {versions['python']}.",
        ]
    )


def _data(subject: Subject, result: DecodingResult) -> str:
    spec = result.spec
    origin = (
        f"The recording was simulated by Voxelscope, subject {subject.name}; no person was recorded"
        if subject.simulated
        else f"The recording was subject {subject.name} of {credits_of(subject).label}"
    )
    return (
        f"{origin} ({subject.n_runs} runs, {len(subject.volumes)} volumes, repetition time "
        f"{subject.t_r:g} s). {', '.join(result.classes[:-1])} and {result.classes[-1]} were "
        f"decoded from the {result.n_voxels} voxels of the mask '{spec.mask}'; "
        f"{SAMPLES_TEXT[spec.samples]} ({result.n_samples} samples of {result.n_blocks} blocks)."
    )


def _preparation(subject: Subject, spec: DecodingSpec) -> str:
    parts = ["No smoothing was applied."]
    if spec.detrend:
        parts.append("A linear trend was removed from each voxel within each run.")
    what = "Samples" if spec.samples in ("lsa", "lss", "run_beta") else "Voxel time series"
    parts.append(f"{what} were {STANDARDIZE_TEXT[spec.standardize]}; no labels entered this step.")
    if spec.lag:
        parts.append(f"Volumes {spec.lag:g} s after those labelled were decoded.")
    return " ".join(parts)


def _score(result: DecodingResult) -> str:
    text = (
        f"The score is accuracy averaged over folds: {score_text(result.accuracy)} (chance "
        f"{score_text(result.chance)}; balanced accuracy {score_text(result.balanced_accuracy)}"
    )
    text += (
        f"; area under the ROC curve {score_text(result.auc)})." if result.auc is not None else ")."
    )
    if CV_SCHEMES[result.spec.cv].trust == "wrong":
        text += " This scheme leaks and the score does not generalise to new runs."
    return text


def _inference(test: PermutationResult) -> str:
    kind = (
        f"all {test.n_distinct} distinct relabellings"
        if test.exact
        else f"{len(test.null)} relabellings drawn at random (seed {test.seed})"
    )
    return (
        f"Significance was assessed by relabelling whole blocks within runs and repeating the "
        f"complete cross-validation under {kind}: null mean {score_text(test.null_mean)}, standard "
        f"deviation {score_text(test.null_sd)}, p = {test.p_value:.2g} (one-sided; smallest p "
        f"within reach {test.smallest_p:.2g})."
    )
