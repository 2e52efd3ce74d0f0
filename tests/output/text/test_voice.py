"""What registries say, read as a visitor reads it: words of pages, and no word of the code."""

import ast
import re

from makers import ROOT

from decoding.analyses import ANALYSES
from decoding.analyses.check import CHECKS
from decoding.analyses.schemes import all_schemes
from decoding.analyses.timecourse.result import CHOICE_WARNING
from decoding.datasets import DATASETS
from decoding.datasets.base import WHOLE_BRAIN
from decoding.datasets.layout import LOCALIZER, OMNIBUS, SIMULATED_VT
from decoding.estimators import ESTIMATORS
from decoding.output.learn.lessons import LESSONS
from decoding.output.learn.steps import STEPS
from decoding.output.states import LOOKS
from decoding.output.text.glossary import GLOSSARY, find_terms
from decoding.output.text.readings import MAP_USES, VERDICTS
from decoding.samples.confounds import CONFOUNDS
from decoding.samples.kinds import SAMPLES
from decoding.samples.standardize import STANDARDIZE
from decoding.settings import MASKS, SETTINGS
from pages.components.frame import PAGES

REGISTRIES = (ESTIMATORS, all_schemes(), SAMPLES, STANDARDIZE, DATASETS, CONFOUNDS)
ORIGINS = (WHOLE_BRAIN, LOCALIZER, OMNIBUS, SIMULATED_VT)
SENTENCES = [
    *(entry.help for registry in REGISTRIES for entry in registry.values()),
    *(scheme.explanation.replace("{t_r:g}", "2.5") for scheme in all_schemes().values()),
    *(help for _, help in MASKS.values()),
    *GLOSSARY.values(),
    *VERDICTS.values(),
    *MAP_USES.values(),
    CHOICE_WARNING,
    *(f"The mask was chosen {origin.chosen}." for origin in ORIGINS),
    *(page.question for page in PAGES),
    *(step.help for step in STEPS.values()),
    *(lesson.question for lesson in LESSONS.values()),
    *(analysis.question for analysis in ANALYSES.values()),
]
WORDS = [
    *(entry.label for registry in REGISTRIES for entry in registry.values()),
    *(setting.heading for setting in SETTINGS.values()),
    *(label for label, _ in MASKS.values()),
    *(look.word for look in LOOKS.values()),
    *(side.label for lesson in LESSONS.values() for side in lesson.sides),
    *(entry.label for registry in (STEPS, LESSONS) for entry in registry.values()),
    *(title for title, _ in CHECKS.values()),
]
MOST_WORDS = 36
"""A sentence of more is not read aloud in one breath."""
OTHERWISE = r"\b(meaningless|estimators?|conditions?|relabelled)\b"
"""Said once as shuffled, classifier and category."""
MEANT = ("cross-validation", "fold", "lag", "nested", "training", "voxel")


def test_no_word_of_the_code_is_read():
    """No name of a function or a choice stands in a text, and one word means one thing."""
    for text in [*SENTENCES, *WORDS]:
        assert not re.search(r"\w_\w|[{}]|\w\(\)", text), text
        assert not re.search(r"(?i)\b(meaningless|estimators?|conditions?|relabelled)\b", text), (
            text
        )


def test_errors_say_labels():
    """What cannot be computed is said in the words of pages; names to type are its remedy."""
    registered = {name for registry in REGISTRIES for name in registry}
    names = {name for name in registered if not any(name in word.lower() for word in WORDS)}
    names -= {"none"}  # a word as well
    fields = "|".join(name for name, one in SETTINGS.items() if one.registry or name == "mask")
    messages = [
        call.args[0]
        for path in (ROOT / "decoding").rglob("*.py")
        if "Error(" in (text := path.read_text(encoding="utf-8"))
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call)
        and call.args
        and re.fullmatch("(Spec|Data|Decoding)Error", getattr(call.func, "id", ""))
    ]
    assert len(messages) > 40 and "svc_tuned" in names
    for message in messages:
        words = " ".join(
            one.value
            for one in ast.walk(message)
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        )
        assert not names & set(re.findall(r"\w+", words)), words
        shown = [
            ast.unparse(one.value)
            for one in ast.walk(message)
            if isinstance(one, ast.FormattedValue)
        ]
        assert not [one for one in shown if re.fullmatch(rf"(\w+\.)?({fields})", one)], words


def test_a_sentence_is_one_breath():
    """Each begins in capitals, ends as sentences do, and holds one colon at most."""
    for text in SENTENCES:
        assert text[-1] in ".?", text
        for sentence in re.split(r"(?<=[a-z0-9)][.?]) (?=[A-Z])", text):
            assert not sentence[0].islower() and sentence.count(":") <= 1, sentence
            assert len(sentence.split()) <= MOST_WORDS, sentence


def test_terms_that_sentences_need_have_a_meaning():
    """What the registries and the pages speak of is in the glossary."""
    found = {term for text in SENTENCES for _, term in find_terms(text)}
    assert sorted(set(MEANT) - found) == []
    assert {"false discovery rate", "family-wise", "localizer", "null"} <= set(GLOSSARY)
