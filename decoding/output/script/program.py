"""A program in plain nilearn and scikit-learn that gives the same numbers without us."""

from textwrap import dedent, wrap

from decoding import __version__
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets.base import Subject
from decoding.estimators import ESTIMATORS, Estimator
from decoding.output.downloads import credit_lines
from decoding.output.script.betas import BETA_IMPORTS, beta_code
from decoding.output.script.clock import clock_code
from decoding.output.script.confounds import CONFOUND_IMPORTS, clean_code, model_code, read_code
from decoding.output.script.form import Form, Program
from decoding.output.script.null import null_code
from decoding.output.script.reading import ReadingCode, reading_of
from decoding.output.script.region import region_code
from decoding.output.script.replay import replay_code, watch_code
from decoding.regions import mask_of
from decoding.registry import pick
from decoding.samples.confounds import NONE
from decoding.samples.extract import check_betas, select_samples
from decoding.samples.kinds import SAMPLES, pick_kind
from decoding.samples.standardize import STANDARDIZE, pick_standardization
from decoding.samples.trials import subject_trials
from decoding.samples.volumes import chosen_conditions, lag_in_volumes
from decoding.select import choosing
from decoding.spec import DecodingSpec, link_to


def make_script(
    subject: Subject,
    spec: DecodingSpec,
    data_dir: str | None = None,
    *,
    n_relabellings: int | None = None,
    seed: int = 0,
    exact: bool = False,
    replayed: int | None = None,
    link: str = "",
    form: Form | None = None,
) -> str:
    """Write the program of one spec of a subject: Python source that imports nothing of ours.

    It takes the data folder as its first argument, writes ``weights.nii.gz`` and ``pattern.nii.gz``
    beside itself where the estimator has weights, and prints the fold scores as one JSON list on
    its last line. With a number of relabellings, drawn with the seed, or with all distinct ones
    where the test is `exact`, it redoes the permutation test and prints an object with
    ``fold_scores``, ``null_mean`` and ``p_value`` instead. A run that is `replayed` goes into
    ``replay.csv`` scan by scan, but for betas, which no scan is like.

    Parameters
    ----------
    data_dir : str, optional
        The folder that the program reads when it is given none; by default where the subject's
        recording lies now.
    link : str
        To the page that shows the same; by default its address without a server.
    form : Form, optional
        What it is written as; by default a script.
    """
    _check(subject, spec)
    form, reading = form or SCRIPT, reading_of(subject)
    default = data_dir if data_dir is not None else str(reading.data_dir)
    with_null = exact or n_relabellings is not None
    run = None if SAMPLES[spec.samples].is_beta else replayed
    steps = {
        "imports": _imports(spec, reading, bool(mask_of(subject, spec.mask).files)),
        "reading": reading.code(subject, spec, form, default),
        **_steps(subject, spec, reading, run),
        "null": null_code(None if exact else n_relabellings, seed) if with_null else "",
        "answer": "" if with_null else "print(json.dumps(scores))",
    }
    return form.write(
        Program(
            subject=subject,
            spec=spec,
            source=reading.source,
            default=default,
            answer="the score of each fold" + (", the null's mean and p" if with_null else ""),
            link=link or link_to("decode", spec),
            steps={name: code for name, code in steps.items() if code},
            n_relabellings=n_relabellings,
            exact=exact,
            replayed=run,
        )
    )


def _steps(
    subject: Subject, spec: DecodingSpec, reading: ReadingCode, run: int | None
) -> dict[str, str]:
    """Return what every program does between reading and its answer, by step."""
    return {
        "region": region_code(subject, spec),
        **_samples(subject, spec, reading, run),
        "scores": _scores(spec),
        "replay": "" if run is None else _replay(subject, spec, run),
        "maps": _maps(spec),
        "clock": clock_code(subject, spec),
    }


def _write_script(program: Program) -> str:
    return "\n\n".join([_header(program), *program.steps.values()]) + "\n"


SCRIPT = Form(
    label="Script",
    folder=lambda default: f"sys.argv[1] if len(sys.argv) > 1 else {default!r}",
    here='Path(globals().get("__file__", ".")).resolve().parent',
    see_top="Name the folder as the first argument; how to get it stands at the top.",
    write=_write_script,
)


def _check(subject: Subject, spec: DecodingSpec) -> None:
    pick(ESTIMATORS, spec.estimator, "estimator")
    pick(CV_SCHEMES, spec.cv, "cross-validation scheme")
    pick_kind(spec.samples)
    pick_standardization(spec.standardize)
    if SAMPLES[spec.samples].is_beta:
        check_betas(spec)
        subject_trials(subject)
    else:
        select_samples(subject, spec)


def _header(program: Program) -> str:
    data, citation, _ = credit_lines(program.subject)
    files = (
        " It writes weights.nii.gz and pattern.nii.gz beside itself, over those that are there."
        if "maps" in program.steps
        else ""
    )
    source = (
        f"The first argument is {program.source} Without an argument it reads {program.default}."
    )
    lines = [
        f"Exported from Voxelscope {__version__}; it needs only nilearn and scikit-learn.",
        "",
        f"Data: {data}",
        citation,
        f"Same analysis in the app: {program.link}",
        "",
        *_wrapped(source),
        "",
        *_wrapped(f"The last line that it prints is JSON with {program.answer}.{files}"),
    ]
    # A folder's own words are shown here too: they must not end the string.
    text = "\n".join(lines).replace("\\", "/").replace('"', "'")
    return f'"""{text}\n"""'


def _wrapped(text: str) -> list[str]:
    return wrap(text, 98, break_long_words=False, break_on_hyphens=False)


def _imports(spec: DecodingSpec, reading: ReadingCode, has_mask_file: bool) -> str:
    of_betas = SAMPLES[spec.samples].is_beta
    needed = {"apply_mask": not of_betas, "compute_epi_mask": not has_mask_file, "unmask": True}
    masking = [name for name, is_needed in needed.items() if is_needed]
    imports = (
        *(BETA_IMPORTS if of_betas else ()),
        *(CONFOUND_IMPORTS if spec.confounds != NONE else ()),
        f"from nilearn.masking import {', '.join(masking)}",
        "from nilearn.signal import clean",
        "from sklearn.base import clone",
        *_estimator(spec).code.imports,
        *CV_SCHEMES[spec.cv].code.imports,
    )
    return "\n".join([*reading.imports, _STANDARD_IMPORTS, *dict.fromkeys(imports)])


_STANDARD_IMPORTS = """import json
import sys
from itertools import combinations, permutations, product
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd"""


def _samples(
    subject: Subject, spec: DecodingSpec, reading: ReadingCode, replayed: int | None
) -> dict[str, str]:
    standardize, has_confounds = STANDARDIZE[spec.standardize], spec.confounds != NONE
    if SAMPLES[spec.samples].is_beta:
        conditions = list(chosen_conditions(subject, spec))
        cleaning = standardize.code(False, "")
        betas = beta_code(spec.samples, cleaning, conditions, has_confounds=has_confounds)
        read = "\n".join([*read_code(spec.confounds), *model_code(spec.confounds)])
        return {"betas": f"{reading.trials}\n{read}\n\n{betas}".lstrip()}
    matrix = [
        *read_code(spec.confounds),
        "# All volumes of the mask, in float64, standardized before categories are selected",
        f"X = {reading.matrix}",
        *clean_code(spec.confounds, detrend=spec.detrend),
        *(
            standardize.code(False, "[kept]")
            if has_confounds
            else standardize.code(spec.detrend, "")
        ),
    ]
    return {
        "matrix": "\n".join(matrix),
        "watched": "" if replayed is None else watch_code(replayed),
        "samples": _selection(subject, spec),
    }


def _replay(subject: Subject, spec: DecodingSpec, run: int) -> str:
    estimator = _estimator(spec)
    groups = f", {estimator.groups}=runs[others]" if estimator.needs_groups else ""
    return replay_code(run, subject.t_r, groups, has_confounds=spec.confounds != NONE)


def _selection(subject: Subject, spec: DecodingSpec) -> str:
    conditions = list(chosen_conditions(subject, spec))
    lag = lag_in_volumes(subject, spec.lag)
    code = SAMPLES[spec.samples].code.strip()
    left_in = "" if spec.confounds == NONE else _LEFT_IN
    return dedent(f"""
        # The volumes of the chosen categories{f", {lag} volumes later" if lag else ""}
        volume = np.flatnonzero(np.isin(condition, {conditions!r}))
        later = volume + {lag}
        inside = (later >= 0) & (later < len(run))
        inside[inside] = run[later[inside]] == run[volume[inside]]{left_in}
        volume, later = volume[inside], later[inside]
        X, y, runs, blocks = X[later], condition[volume], run[volume], block[volume]
        """).strip() + (f"\n\n{code}" if code else "")


_LEFT_IN = """
        inside[inside] = kept[later[inside]]"""


def _estimator(spec: DecodingSpec) -> Estimator:
    estimator = ESTIMATORS[spec.estimator]
    return choosing(estimator, spec.select) if spec.select else estimator


def _scores(spec: DecodingSpec) -> str:
    estimator, folds = _estimator(spec), CV_SCHEMES[spec.cv].code
    groups = f", {estimator.groups}=runs[train]" if estimator.needs_groups else ""
    body = dedent(f"""
        # One score a fold
        estimator = {estimator.code.expression}


        def fold_scores(y):
            scores = []
            for train, test in {folds.expression}:
                model = clone(estimator).fit(X[train], y[train]{groups})
                scores.append(float((model.predict(X[test]) == y[test]).mean()))
            return scores


        scores = fold_scores(y)
        """).strip()
    return folds.setup + estimator.code.setup + body


_PATTERN = "(X[pair] - X[pair].mean(axis=0)).T @ s / (s @ s)"


def _maps(spec: DecodingSpec) -> str:
    estimator = _estimator(spec)
    if not estimator.has_weights:
        return ""
    groups = f", {estimator.groups}=runs[pair]" if estimator.needs_groups else ""
    best = ".best_estimator_" if estimator.needs_groups else ""
    fitted = f"clone(estimator).fit(X[pair], y[pair]{groups})"
    weigh, pattern = f"w = np.ravel({fitted}{best}.coef_)", _PATTERN
    if spec.select:  # voxels that the fit did not choose are 0
        weigh = (
            f"model = {fitted}\n            voxels, w = model[0].get_support(), "
            f"np.zeros(X.shape[1])\n            w[voxels] = np.ravel(model[-1]{best}.coef_)"
        )
        pattern = f"voxels * ({_PATTERN})"
    return dedent(f"""
        # The weights of a fit on all samples of each pair, and the pattern they imply (Haufe 2014)
        weights, patterns = [], []
        for two in combinations(np.unique(y), 2):
            pair = np.isin(y, two)
            {weigh}
            s = X[pair] @ w
            s = s - s.mean()
            weights.append(w)
            patterns.append({pattern})
        space = int(mask.header["sform_code"] or mask.header["qform_code"])
        for name, values in {{"weights": weights, "pattern": patterns}}.items():
            image = unmask(np.array(values), mask)
            image.set_sform(image.affine, space)
            image.set_qform(image.affine, space)
            image.to_filename(here / f"{{name}}.nii.gz")
        """).strip()
