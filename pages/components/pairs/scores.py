"""The first numbers on pairs of categories, and the tests of every pair, which come later."""

import streamlit as st

from decoding.analyses import permute
from decoding.analyses.pairs import analysis as pairs
from decoding.analyses.pairs.analysis import PairsResult
from decoding.analyses.pairs.scores import Pair, PairScores, pair_spec
from decoding.datasets.base import Subject
from decoding.numbers import (
    counts_text,
    list_text,
    number_text,
    p_text,
    score_text,
)
from decoding.output.text.alike import (
    alike_text,
    correction_text,
    least_alike,
    n_tested,
    n_told_apart,
    pairs_table,
    scored_pairs,
)
from decoding.output.text.wording import chance_for, compared_text
from decoding.relabel import SAMPLED
from pages.components.aloud import tell
from pages.components.asked_null import NULL
from pages.components.checks import show_score
from pages.components.display import metric_row, show_reading, table_height
from pages.components.frame import page_called
from pages.components.late import Late
from pages.components.offer import may_start, offer_start
from pages.components.service import View, seconds_for, ticket_for
from pages.components.terms import say, say_small
from pages.components.url_state import full_query, get_setting

IN_SIGHT = 14
"""So many pairs are in sight; the table rolls to the others."""


def say_one_pair(subject: Subject) -> None:
    """Say that two categories are one pair, with the way to the page that shows it."""
    names = list_text(subject.conditions)
    say(
        f"This recording has two categories, {names}. They are one pair, so there is nothing to "
        "compare it with. Decode shows how well it is told apart."
    )
    decode = page_called("Decode")
    st.page_link(decode.file, label=decode.question, query_params=full_query())


def late_tests(view: View) -> Late[PairsResult]:
    """Return the tests of all pairs: as the link wants them, or fewer where each takes long."""
    return Late(pairs.ANALYSIS, view, _options(view))


def _options(view: View) -> pairs.Options:
    asked = get_setting(NULL)
    slow = asked is None and permute.takes_minutes(pair_spec(view.spec, ("", "")))
    usual = permute.Options(permutations=SAMPLED if slow else None)
    own = asked or usual
    return pairs.Options(permutations=own.permutations, seed=own.seed)


def show_pair_scores(view: View, found: PairScores, tested: PairsResult | None) -> None:
    """Say which categories look alike, and show four numbers."""
    comparable = chance_for(view.subject, view.spec) is not None
    answer = alike_text(found, tested, comparable=comparable, each=view.subject.each)
    with st.container(key="wrong_answer" if view.is_wrong else "plainly", width="content"):
        say(answer)
    together, scored = found.together, scored_pairs(found)
    tell(f"Accuracy {score_text(together.accuracy)}. {answer}")
    with metric_row("pairs"):
        n = number_text(len(found.classes), "category", "categories")
        what, compared = f"Accuracy of all {len(found.classes)} at once", compared_text(together)
        show_score(view, what, score_text(together.accuracy), f"{n}: {compared}")
        _show_told_apart(view, found, tested)
        if scored:
            show_score(view, "Most alike", *_score_of(scored[0]))
            show_score(view, "Least alike", *_score_of(least_alike(scored)))


def _score_of(pair: Pair) -> tuple[str, str]:
    score = "none" if pair.result is None else score_text(pair.result.accuracy)
    return score, f"accuracy of {' against '.join(pair.conditions)}"


def _show_told_apart(view: View, found: PairScores, tested: PairsResult | None) -> None:
    number, told = "…", "of them all: on its way, see below"
    if tested is not None:
        number = f"{n_told_apart(tested)} of {n_tested(tested)}"
        told = "corrected p of 0.05 or less"
    elif not _may_start(view):
        number, told = "not tested", f"{len(found.pairs)} pairs, see below"
    with st.container(key="p_value"):
        show_score(view, "Pairs told apart", number, told)


def show_tested_pairs(view: View, found: PairScores, tested: PairsResult | None) -> None:
    """Show every pair with its score, and with its p-values once they are there."""
    say("Each pair is tested with shuffled labels; Holm's correction counts all the tests.")
    table = pairs_table(found, tested)
    shown = table.assign(accuracy=table["accuracy"].map(score_text, na_action="ignore"))
    for name in ("p_value", "p_corrected", "p_fdr"):
        shown[name] = shown[name].map(p_text, na_action="ignore").astype(object).fillna("…")
    shown.insert(0, "pair", shown["first"] + " against " + shown["second"])
    problems = [] if table["problem"].any() else ["problem"]
    st.dataframe(
        shown.drop(columns=["first", "second", *problems]),
        hide_index=True,
        height=table_height(len(shown), IN_SIGHT),
        column_config={
            "pair": "Pair",
            "accuracy": "Accuracy (wrong)" if view.is_wrong else "Accuracy",
            "p_value": "p",
            "p_corrected": "Corrected p (Holm)",
            "p_fdr": "False discovery rate",
            "problem": "Problem",
        },
        alt="Every pair of categories with its accuracy and p-values",
    )
    counts = counts_text(found.together.n_samples, found.together.n_blocks, view.subject.each_block)
    reading = f"{number_text(len(table), 'pair')}, most alike first. {counts}"
    show_reading(view, "pairs", reading, lambda: table)


def explain_correction(tested: PairsResult) -> None:
    """Say what the corrected p-values mean."""
    say_small(correction_text(tested))


def follow_tests(view: View, tests: Late[PairsResult]) -> None:
    """Show how far the tests are and what they mean; long ones are offered first."""
    if _may_start(view):
        tests.follow(explain_correction, "correction")
    else:
        offer_tests(view)


def _may_start(view: View) -> bool:
    """Tell whether the tests start by themselves: long ones wait for a click."""
    ticket = ticket_for(pairs.ANALYSIS, view, _options(view))
    return may_start(ticket, _seconds(view))


def offer_tests(view: View) -> None:
    """Offer tests that take long, with their time."""
    ticket = ticket_for(pairs.ANALYSIS, view, _options(view))
    say("Shuffled labels tell which pairs are told apart by more than luck.")
    offer_start("Test every pair", ticket, _seconds(view), "test_pairs")


def _seconds(view: View) -> float:
    return seconds_for(pairs.ANALYSIS, view, _options(view))
