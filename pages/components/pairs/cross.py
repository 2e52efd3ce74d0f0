"""Cross-decoding: whether what tells one pair apart tells another."""

from functools import partial

import streamlit as st

from decoding.analyses.pairs import cross
from decoding.datasets.base import Subject
from decoding.numbers import number_text, p_text, score_text
from decoding.output.text.alike import GUESSING, cross_text
from decoding.output.text.wording import chance_for, chance_text, kind_text, smallest_text
from decoding.setting import Setting, read_pair, write_names
from pages.components.categories import pick_pair
from pages.components.checks import show_score
from pages.components.display import metric_row, show_metric
from pages.components.service import View, result_for
from pages.components.terms import say, say_small
from pages.components.url_state import get_setting, set_setting

TRAIN, TEST = (
    Setting[tuple[str, str]](
        name=name, default=usual, label=label, parse=read_pair, write=write_names
    )
    for name, label, usual in (
        ("train", "Pair that is learnt", ("face", "house")),
        ("test", "Pair that is named", ("cat", "shoe")),
    )
)


def show_cross(view: View) -> None:
    """Let the visitor choose two pairs; show how well one's classifier names the other."""
    subject = view.subject
    say(
        "Cross-decoding: a classifier learns one pair, and names the other in runs that it has not "
        "seen. Where the two pairs differ in the same way, it does better than guessing."
    )
    pairs = {}
    with st.container(key="cross", horizontal=True, vertical_alignment="center"):
        for setting, verb in ((TRAIN, "learn"), (TEST, "name")):
            st.markdown(f"*{verb}*", width="content")
            pair = _pair_of(setting, subject)
            pick_pair(
                {f"cross_{setting.name}_{place}": f"{setting.label}, {place} category"
                 for place in ("first", "second")},
                pair, subject, partial(_take, setting),
            )  # fmt: skip
            pairs[setting.name] = pair
    both = view.on(conditions=tuple({*pairs["train"], *pairs["test"]}))
    found = result_for(cross.ANALYSIS, both, cross.Options(**pairs))
    comparable = chance_for(subject, both.spec) is not None
    with st.container(key="wrong_cross" if both.is_wrong else "right_cross"):
        say(cross_text(found, comparable=comparable, each=subject.each))
    against = chance_text(GUESSING if comparable else None)
    with metric_row("cross"):
        folds = number_text(len(found.fold_scores), "fold")
        accuracy, balanced = score_text(found.accuracy), score_text(found.balanced_accuracy)
        show_score(both, "Accuracy across pairs", accuracy, f"mean of {folds}, {against}")
        limit = f"{kind_text(found.null)}; {smallest_text(found.null)}"
        show_metric("p across pairs", p_text(found.p_value), limit)
        show_score(both, "Balanced accuracy across pairs", balanced, against)
        show_metric("Samples across pairs", f"{found.n_test}", f"named; {found.n_train} learnt")
    say_small(
        f"Here the labels of the pair that is named were shuffled, {subject.each_block} by "
        f"{subject.each_block} within runs, and the classifiers stayed. Which category stands for "
        "which is your choice: exchange two of them and the score turns over."
    )


def _pair_of(setting: Setting[tuple[str, str]], subject: Subject) -> tuple[str, str]:
    """Return the pair that the link asks for, or the usual one, if the subject has it."""
    known = subject.conditions
    for pair in (get_setting(setting), setting.default):
        if len(set(pair) & set(known)) == 2:
            return pair
    return (known[0], known[1]) if setting is TRAIN else (known[-2], known[-1])


def _take(setting: Setting[tuple[str, str]], first: str, second: str) -> None:
    set_setting(setting, (first, second))
