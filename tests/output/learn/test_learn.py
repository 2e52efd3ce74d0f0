"""The page Learn's records: links that open, numbers that are said, lines of code that work."""

import re
import warnings
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from makers import make_maps

from decoding.analyses import data, decode, permute, truth, weights
from decoding.analyses.choices.analysis import TICKS
from decoding.analyses.choices.scores import is_fast
from decoding.analyses.choices.universe import make_universe, ticked
from decoding.analyses.data import Measurement
from decoding.choices import settle
from decoding.datasets import load_subject, subject_of
from decoding.datasets.simulated.parameters import KNOBS
from decoding.numbers import p_text, score_text
from decoding.output.learn.explanations import Found
from decoding.output.learn.heavy_voxels import tell_contrary
from decoding.output.learn.lessons import LESSONS, SIMULATED
from decoding.output.learn.lines import lines_with
from decoding.output.learn.published import ARTICLE, corners_table, folds_table, z_ratio
from decoding.output.learn.steps import STEPS, Facts
from decoding.settings import spec_from_query
from decoding.spec import DecodingSpec, link_to
from pages.components.categories import CATEGORIES, LEAST
from pages.components.choices.ticks import TRIED
from pages.components.frame import PAGES

TRAINING = STEPS["fit"].cv
SPEC = DecodingSpec(dataset=SIMULATED[0], subject=SIMULATED[1])


@pytest.fixture(scope="module")
def subject():
    """Return the simulated subject of the lessons."""
    return load_subject(*SIMULATED)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lessons_link_opens_its_spec(subject, name):
    """Each side's link reads back, exists as it is, and leads to a page of the navigation."""
    lesson = LESSONS[name]
    assert lesson.page in {page.name for page in PAGES}
    for made in ("", "11"):
        for spec in lesson.specs(subject, SPEC, made):
            query = parse_qs(urlsplit(link_to(lesson.page.lower(), spec, lesson.link)).query)
            assert spec_from_query(query, DecodingSpec()) == (spec, [])
            assert settle(spec, SPEC, subject_of)[::2] == (spec, [])
            assert not made or spec.subject == made


def test_pages_read_what_a_lesson_opens_them_with(subject):
    """Every setting of a page in a lesson's link is read as it was written, and there are fewer."""
    known = {one.name: one for one in (*TRIED.values(), CATEGORIES)}
    opened = {key: text for lesson in LESSONS.values() for key, text in lesson.opens.items()}
    read = {key: known[key].parse(text) for key, text in opened.items()}
    assert {known[key].write(values) for key, values in read.items()} == {*opened.values()}
    assert len(read["categories"]) == LEAST < len(subject.conditions)
    asked = {key.removeprefix(TICKS): values for key, values in read.items() if TICKS in key}
    (spec,) = LESSONS["tries"].specs(subject, SPEC)
    universe = make_universe(subject, spec, ticked(spec, asked))
    assert len(universe.specs) == 18 and all(map(is_fast, universe.specs))


@pytest.mark.parametrize("name", LESSONS)
def test_an_explanation_holds_its_numbers(subject, name):
    """The score, the null's mean and the p of the lesson's own spec stand in its words."""
    lesson = LESSONS[name]
    specs = lesson.specs(subject, SPEC)
    few = permute.Options(permutations=9)
    tests = [
        permute.run(subject_of(spec), spec, few if side.options.permutations else side.options)
        for spec, side in zip(specs, lesson.sides, strict=True)
    ]
    more = lesson.more and lesson.more.run(subject_of(specs[0]), specs[0], lesson.options, None)
    told = lesson.explain(Found(tests=tests, subject=subject_of(specs[0]), more=more))
    for number in (tests[0].observed, tests[-1].observed, tests[0].null.mean):
        assert score_text(number) in told
    assert p_text(tests[0].p_value) in told
    assert not re.search(r"nan|None|\w_\w", told)
    assert max(len(sentence.split()) for sentence in re.split(r"[.:?] ", told)) <= 36


def test_one_mask_is_not_compared_with_itself(subject):
    """Where no more was recorded than the small mask, the lesson of sizes claims nothing."""
    _, small = LESSONS["size"].specs(subject, SPEC)
    test = permute.run(subject, small, permute.Options(permutations=9))
    told = LESSONS["size"].explain(Found(tests=[test, test], subject=subject))
    assert f"{test.n_voxels} voxels of the small mask" in told and "drown" not in told
    assert score_text(test.observed) in told and p_text(test.p_value) in told


@pytest.mark.parametrize(("made", "how"), [("", "own responses"), ("12", "simulation plants")])
def test_how_a_circular_mask_was_chosen_is_said_of_each_subject(subject, made, how):
    """Responses chose the masks of the subject made for it; others have them by place."""
    lesson = LESSONS["circular"]
    specs = lesson.specs(subject, SPEC, made)
    test = SimpleNamespace(observed=0.5, null=SimpleNamespace(mean=0.5), p_value=0.5, n_voxels=30)
    told = lesson.explain(Found(tests=[test, test], subject=subject_of(specs[0])))
    assert how in told.split(". ")[0] and ("by luck alone" in told) is not bool(made)


def test_traps_are_traps(subject):
    """On their subjects shuffled folds, chosen voxels, lost drift and wide masks mislead."""
    circular, honest = LESSONS["circular"].specs(subject, SPEC)
    assert circular.subject in KNOBS and not KNOBS[circular.subject][0].signal
    scores = [decode.run(subject_of(spec), spec).accuracy for spec in (circular, honest)]
    assert scores[0] > 0.9 > 0.65 > scores[1] > 0.35
    leak, right = (decode.run(subject, spec) for spec in LESSONS["leakage"].specs(subject, SPEC))
    assert leak.accuracy > right.accuracy + 0.1
    below = LESSONS["below"].specs(subject, SPEC)[0]
    assert decode.run(subject, below).accuracy < 0.4
    drift, none = LESSONS["order"].specs(subject, SPEC)
    assert drift.subject in KNOBS and not KNOBS[drift.subject][0].signal
    scores = [decode.run(subject_of(spec), spec).accuracy for spec in (drift, none)]
    assert scores[0] > 0.8 > 0.65 > scores[1]


def test_a_lesson_goes_where_the_subject_on_screen_cannot(subject):
    """Without its categories, masks or lags another subject shows the lesson."""
    lesson, own = LESSONS["delay"], replace(SPEC, subject="2")
    fits = SimpleNamespace(**{**vars(subject), "conditions": subject.conditions})
    poor = SimpleNamespace(**{**vars(fits), "t_r": 2.0})
    facts = {"has_rest": True, "maps": False, "masks": subject.masks}
    for one in (fits, poor):
        vars(one).update(facts)
    assert {spec.subject for spec in lesson.specs(fits, own)} == {"2"}
    assert {spec.subject for spec in lesson.specs(poor, own)} == {SIMULATED[1]}


def test_every_question_has_its_right_answer_once(subject):
    """The right answer is among those offered, which all differ; what is told has numbers."""
    measured, result = data.run(subject, SPEC), decode.run(subject, SPEC)
    maps = weights.run(subject, SPEC)
    for step in STEPS.values():
        quiz = step.ask(Facts(subject=subject, measured=measured, result=result, maps=maps))
        assert list(quiz.answers).count(quiz.right) == 1
        assert len(set(quiz.answers)) == len(quiz.answers) > 1
        assert re.search(r"\d", quiz.told)


def test_what_is_told_follows_classifier_and_scheme(subject):
    """Only a score of 1 is learnt by heart; guessing is compared with where it may be."""
    measured = data.run(subject, SPEC)

    def told(step, **changes):
        result = decode.run(subject, replace(SPEC, **changes))
        return STEPS[step].ask(Facts(subject=subject, measured=measured, result=result)).told

    svc = told("fit", cv="resubstitution")
    assert (
        svc.startswith("100 %.")
        and "enough for the classifier, linear SVM, to learn 216 samples" in svc
    )
    bayes = told("fit", cv="resubstitution", estimator="gnb")
    assert not bayes.startswith("100 %.") and "Gaussian naive Bayes, has seen" in bayes
    assert "did not even learn all" in bayes and "enough" not in bayes
    assert "Guessing gets 50 %." in told("cross_validate")
    folds = told("cross_validate", cv="kfold")
    assert "Guessing is no comparison: some runs are in training and in test." in folds
    assert "50 %" not in folds


def test_voxels_are_told_that_respond_against_their_weight():
    """Of the heaviest tenth, else of all, those whose mean is higher for the other category."""
    maps = make_maps(n_voxels=40)
    w = np.linspace(4.0, 0.1, 40)[None] * np.where(np.arange(40) % 2, -1, 1)
    means = np.stack([np.zeros((1, 40)), w], axis=1)
    flip = {1: (0.5, 0.7), 30: (0.25, 0.125)}  # cat and face: of -3.9 and of +1.0
    for voxels, n, among in (((1, 30), 1, "the 4 voxels with"), ((30,), 1, "of all 40")):
        own = means.copy()
        for voxel in voxels:
            own[0, :, voxel] = flip[voxel]
        found = replace(maps, weights=w, means=own)
        told = tell_contrary(found)
        assert list(found.contrary(found.heaviest())) == [v for v in voxels if v < 4]
        assert re.search(rf"in {n} of ", told, re.IGNORECASE) and among in told
        sign, name = ("-3.9", "cat") if 1 in voxels else ("+1", "face")
        assert f"{sign}, which speaks for {name}, but a mean of" in told
        a, b = flip[voxels[0]]
        assert f"{a:g} for cat and of {b:g} for face (standard deviations)" in told
    assert "a weight cannot tell" in tell_contrary(replace(maps, weights=w, means=means))


def test_lessons_whose_maps_resemble_nothing_say_so(subject):
    """Without a signal nothing was planted, so no correlation is named."""
    (spec,) = LESSONS["weights"].specs(subject, SPEC, "11")
    test = permute.run(subject_of(spec), spec, permute.Options(permutations=9))
    more = truth.run(subject_of(spec), spec)
    told = LESSONS["weights"].explain(Found(tests=[test], subject=subject_of(spec), more=more))
    assert "so there is no correlation" in told and "nan" not in told


def test_published_figures_stand_beside_their_own_subject_only(subject):
    """The article's subject and choices are compared, under any scheme; nothing else is."""
    real, made = SimpleNamespace(simulated=False), SimpleNamespace(simulated=True)
    spec = DecodingSpec()
    assert ARTICLE.is_of(real, replace(spec, cv="kfold"))
    for other in (replace(spec, subject="1"), replace(spec, mask="face"), SPEC):
        assert not ARTICLE.is_of(real, other)
    assert not ARTICLE.is_of(made, spec)
    assert round(np.mean(ARTICLE.folds["kfold"]), 3) == 0.763
    assert round(z_ratio(ARTICLE.matrix[0]), 5) == 0.99966
    result = decode.run(subject, SPEC)
    table = folds_table(result)
    assert table["here"].tolist() == [score_text(score) for score in result.fold_scores]
    assert table["published"].iloc[1] == "1.000" and len(table) == 12
    assert folds_table(decode.run(subject, replace(SPEC, cv="split_half"))) is None
    matrix = np.arange(1452.0 * 9).reshape(1452, 9)
    grid = SimpleNamespace(n_voxels=9)
    measured = Measurement(
        matrix=matrix, shown=np.arange(9), grid=grid, telling=np.arange(9), n_selected=1, n_blocks=1
    )
    corners = corners_table(measured)
    assert corners.iloc[0, 2:].tolist() == list(ARTICLE.corners[0])
    assert corners.iloc[-1].tolist()[1:] == ["volume 1451", *matrix[-1][[0, 1, 2, -3, -2, -1]]]


@pytest.mark.parametrize("name", ["gnb", "correlation", "ridge"])
def test_lines_with_another_classifier_give_its_scores(subject, name):
    """They name no other classifier, run, and score what we score on the training itself."""
    measured, said = data.run(subject, SPEC), []
    labels = subject.volumes["condition"].isin(SPEC.conditions).to_numpy()
    names = {
        "print": said.append,
        "fmri_masked": measured.matrix[labels],
        "conditions": subject.volumes["condition"].to_numpy(str)[labels],
    }
    lines = lines_with(STEPS["fit"].article, name)
    exec(compile(lines, "lines", "exec"), names)
    assert not re.search("svc|svm", lines, re.IGNORECASE)
    assert said == [decode.run(subject, replace(SPEC, estimator=name, cv=TRAINING)).accuracy]
    assert bool(lines_with(STEPS["map"].article, name)) is (name == "ridge")
    assert not lines_with(STEPS["fit"].article, "svc") and not lines_with("pass", name)


def test_todays_lines_work_and_give_our_scores(subject, tmp_path, monkeypatch):
    """The lines run one after another on files in nilearn's layout, and score what we score."""
    import matplotlib as mpl
    from nilearn import datasets

    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)
    root, fetch, said = subject.bold[0].parents[2], datasets.fetch_haxby, []
    here = {"data_dir": root, "subjects": [int(subject.name)], "verbose": 0}
    monkeypatch.setattr(datasets, "fetch_haxby", lambda: fetch(**here))
    lines = "\n".join(f"{step.today or step.article}\n{step.beyond}" for step in STEPS.values())
    names = {"print": said.append}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nilearn's, of a mask in no space and of its own plots
        exec(compile(lines, "today", "exec"), names)
    own = [decode.run(subject, replace(SPEC, cv=cv)) for cv in ("kfold", SPEC.cv)]
    for printed, result in zip(said[1:], own, strict=True):
        np.testing.assert_allclose(printed, result.fold_scores)
    assert (tmp_path / "haxby_svc_weights.nii.gz").is_file()
    np.testing.assert_allclose(names["pattern"], weights.run(subject, SPEC).pattern, atol=1e-4)
