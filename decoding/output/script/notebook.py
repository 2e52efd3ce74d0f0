"""The exported program as a notebook: a cell a step, the page's sentences between the cells."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from decoding import __version__
from decoding.analyses import decode, permute
from decoding.cross_validation import CV_SCHEMES
from decoding.estimators import ESTIMATORS
from decoding.numbers import count_text, list_text
from decoding.output.downloads import credit_lines
from decoding.output.script.form import Form, Program
from decoding.output.text.readings import MAP_USES, spacing_text
from decoding.output.text.wording import preparation_text, scheme_text, wrongs
from decoding.samples.kinds import SAMPLES
from decoding.samples.standardize import STANDARDIZE
from decoding.samples.volumes import chosen_conditions
from decoding.settings import MASKS, SETTINGS, mask_label


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a notebook says of a step of the program.

    Parameters
    ----------
    title : str
        The heading above it.
    words : callable
        Takes the program; returns sentences in markdown, a paragraph each.
    shows : str
        An expression whose value is shown below the cell; empty for none.
    """

    title: str
    words: Callable[[Program], Iterator[str]]
    shows: str = ""


def _write_notebook(program: Program) -> str:
    """Write a program in the JSON form of notebooks, nbformat 4.5."""
    cells = [
        _cell("markdown", "about", "\n\n".join(_about(program))),
        _cell("code", "folder", f"data_dir = {program.default!r}"),
    ]
    for name, code in program.steps.items():
        step = STEPS[name]
        words = "\n\n".join([f"## {step.title}", *step.words(program)])
        shown = f"{code}\n\n{step.shows}" if step.shows else code
        cells += [_cell("markdown", f"{name}-words", words), _cell("code", name, shown)]
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1) + "\n"


NOTEBOOK = Form(
    label="Notebook",
    folder=lambda default: "data_dir",
    here="Path.cwd()",
    see_top="Name the folder in the first cell; how to get it stands above that.",
    write=_write_notebook,
)


def _cell(kind: str, name: str, text: str) -> dict[str, object]:
    own: dict[str, object] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    source = text.strip("\n").splitlines(keepends=True)
    return {"cell_type": kind, "id": name, "metadata": {}, "source": source, **own}


def _about(program: Program) -> Iterator[str]:
    subject, spec = program.subject, program.spec
    data, citation, _ = credit_lines(subject)
    cv, estimator = (SETTINGS[field].words(getattr(spec, field)) for field in ("cv", "estimator"))
    files = " It writes `weights.nii.gz` and `pattern.nii.gz` into the folder that it runs in, "
    yield f"# {decode.ANALYSIS.question}"
    yield (
        f"{_names(program)}, in {_mask(program)}, under {_lower(cv)}, with {estimator}. "
        f"Preparation: {said(preparation_text(spec, program.subject))}."
    )
    yield f"Data: {said(data)} {said(citation)}"
    yield f"Exported from Voxelscope {__version__}. Same analysis in the app: {_link(program.link)}"
    yield (
        "It needs only nilearn and scikit-learn. The last line that it prints is JSON with "
        f"{program.answer}: the numbers of the page, digit for digit."
        + (f"{files}over those that are there." if "maps" in program.steps else "")
    )
    yield f"The cell below names {said(program.source)}"


def _reading(program: Program) -> Iterator[str]:
    subject = program.subject
    yield (
        f"{len(subject.volumes)} {subject.each}s, {spacing_text(subject)}. The program reads the "
        "category, the run and the block of each."
    )
    yield from _as_set(program, "space", "merge_gap")


def _masking(program: Program) -> Iterator[str]:
    yield (
        f"The matrix `X` has one row a {program.subject.each} and one column a voxel of the mask, "
        f"{_mask(program)}."
    )
    yield from _as_set(program, "confounds", "detrend")
    yield STANDARDIZE[program.spec.standardize].help


def _selection(program: Program) -> Iterator[str]:
    yield f"Kept are the {program.subject.each}s of {_names(program)}."
    yield from _as_set(program, "lag")
    if not program.subject.maps:
        yield SAMPLES[program.spec.samples].help


def _betas(program: Program) -> Iterator[str]:
    yield f"{SAMPLES[program.spec.samples].help} Kept are those of {_names(program)}."
    yield from _as_set(program, "confounds")
    yield STANDARDIZE[program.spec.standardize].help


def _scores(program: Program) -> Iterator[str]:
    spec, subject = program.spec, program.subject
    estimator, scheme = ESTIMATORS[spec.estimator], CV_SCHEMES[spec.cv]
    wrong = wrongs(subject, spec)
    explained = scheme_text(scheme, subject)
    yield f"**{estimator.label[0].upper()}{estimator.label[1:]}.** {estimator.help}"
    yield from _as_set(program, "select")
    yield f"**{scheme.label}.** {said(wrong.get('cv', explained))}"
    if "mask" in wrong:
        yield said(wrong["mask"])


def _replay(program: Program) -> Iterator[str]:
    yield (
        f"A model of the other runs names every scan of run {program.replayed}, rest included. "
        "`replay.csv` holds what was shown, what was decoded, and the decision of each category."
    )


def _maps(program: Program) -> Iterator[str]:
    yield from MAP_USES.values()


def _null(program: Program) -> Iterator[str]:
    number = count_text(program.n_relabellings or 0)
    ways = "in all distinct ways" if program.exact else f"{number} times at random"
    yield (
        f"The labels of whole blocks are shuffled within runs, {ways}, and the complete "
        "cross-validation is redone each time. p counts how many of these score as high as the "
        "true labels, which are counted too."
    )


def _always(*sentences: str) -> Callable[[Program], Iterator[str]]:
    return lambda program: iter(sentences)


STEPS: dict[str, Step] = {
    "imports": Step(title="What it needs", words=_always("Nothing of Voxelscope is among it.")),
    "reading": Step(title="Read the recording", words=_reading),
    "region": Step(
        title="Take a part of the brain",
        words=lambda program: iter([f"Only this part is looked at: {_mask(program)}."]),
    ),
    "matrix": Step(title="Mask it", words=_masking, shows="X.shape"),
    "watched": Step(
        title="Put a run aside",
        words=lambda program: iter(
            [f"All scans of run {program.replayed}, rest included, are replayed further down."]
        ),
    ),
    "samples": Step(title="Choose categories", words=_selection, shows="X.shape"),
    "betas": Step(title="Estimate how strongly it responded", words=_betas, shows="X.shape"),
    "scores": Step(
        title="Fit a classifier and cross-validate", words=_scores, shows="float(np.mean(scores))"
    ),
    "replay": Step(title="Watch it scan by scan", words=_replay, shows="replay.head()"),
    "maps": Step(title="Map the weights", words=_maps),
    "clock": Step(
        title="Ask a clock",
        words=_always(
            "A clock takes the place of the brain. It knows only how far the run has come. Where "
            "it scores as high, the order of blocks alone can tell the categories apart."
        ),
    ),
    "null": Step(title=permute.ANALYSIS.question, words=_null),
    "answer": Step(title="The numbers", words=_always("The score of each fold, in order.")),
}
"""By name, every step that a program can have."""


def _as_set(program: Program, *fields: str) -> Iterator[str]:
    """Say in a sentence each what departs from the tutorial's way."""
    for name in fields:
        setting, value = SETTINGS[name], getattr(program.spec, name)
        if value != setting.default:
            yield said(setting.methods_sentence(value))


def _names(program: Program) -> str:
    return list_text(as_it_is(name) for name in chosen_conditions(program.subject, program.spec))


def _mask(program: Program) -> str:
    label = mask_label(program.spec.mask)
    return label if program.spec.mask in MASKS else as_it_is(label)


def _link(link: str) -> str:
    return f"<{link}>" if link.startswith("http") else as_it_is(link)


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def as_it_is(name: str) -> str:
    """Return a name as markdown's code, in which no reader finds a mark, a link or a formula."""
    name = " ".join(name.split())
    fence = "`" * (1 + max(map(len, re.findall("`+", name)), default=0))
    edge = " " if name.startswith("`") or name.endswith("`") else ""
    return f"{fence}{edge}{name}{edge}{fence}"


def said(text: str) -> str:
    """Return a sentence as markdown that reads like it, whatever the names in it hold.

    One with signs of a formula is code: readers look for formulas in what escapes have become.
    """
    text = " ".join(text.split())
    return as_it_is(text) if re.search(r"[$\\]", text) else _MARKS.sub(_entity, text)


_MARKS = re.compile(r"&(?=[#\w])|[<>\[\]*`~]|(?<!\w)_|_(?!\w)")


def _entity(mark: re.Match[str]) -> str:
    return f"&#{ord(mark.group())};"
