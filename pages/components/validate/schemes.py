"""The same samples under every scheme, right and wrong."""

import streamlit as st

from decoding.analyses import schemes
from decoding.analyses.circularity import is_circular
from decoding.analyses.permute import takes_minutes
from decoding.analyses.schemes import SchemesResult, all_schemes
from decoding.estimators import ESTIMATORS
from decoding.numbers import counts_text, duration_text
from decoding.output.figures.schemes import plot_schemes, reading_schemes, schemes_table
from decoding.output.text.readings import reading_null_of
from decoding.output.text.wording import scheme_text
from decoding.results import PermutationResult
from pages.components.display import show_figure
from pages.components.late import Late
from pages.components.service import View, seconds_for
from pages.components.terms import say_short, say_small


def show_every_scheme(view: View, test: Late[PermutationResult]) -> None:
    """Show what every scheme, right or wrong, makes of the same samples, once it is there."""
    say_short(
        "The mark is the score of the real labels, the band that of shuffled ones: its null. Read "
        "the mark against its own band. Against chance it may be read only where the band lies "
        f"around chance and no response to these categories chose the mask. {band_text(view)}"
    )
    late = _late_schemes(view)
    late.follow(lambda done: _show_schemes(view, with_selected(done, view, test.result)), "schemes")
    _show_plain_word()
    late.show(lambda done: show_explanations(view, done and with_selected(done, view, test.result)))


def _late_schemes(view: View) -> Late[SchemesResult]:
    """Return every scheme's score and null, of an estimator that is fast enough for that."""
    if takes_minutes(view.spec):
        ridge = view.on(estimator="ridge", select=0)
        fast, slow = (duration_text(seconds_for(schemes.ANALYSIS, one)) for one in (ridge, view))
        where, chosen = (" on all voxels", ", choosing voxels,") if view.spec.select else ("", "")
        say_small(
            f"This picture is made with {ESTIMATORS['ridge'].label}{where} and takes about {fast}; "
            f"with {ESTIMATORS[view.spec.estimator].label}{chosen} it would take about {slow}."
        )
        return Late(schemes.ANALYSIS, ridge, schemes.Options(first=view.spec.select))
    return Late(schemes.ANALYSIS, view)


def with_selected(
    found: SchemesResult, view: View, test: PermutationResult | None
) -> SchemesResult:
    """Return all schemes, the selected one with the page's own test: a page shows one null for it.

    Not where another estimator stands in.
    """
    if test is None or takes_minutes(view.spec):
        return found
    return found.with_test(view.spec.cv, test)


def band_text(view: View) -> str:
    """Say how many relabellings the bands rest on."""
    own = "" if takes_minutes(view.spec) else "; in the selected row those of the test above"
    return f"Each band rests on {schemes.RELABELLINGS} relabellings, or on all there are{own}."


def _show_schemes(view: View, found: SchemesResult) -> None:
    """Show the same samples under every scheme, each beside its own null."""
    tests = [outcome.test for outcome in found.outcomes if outcome.test]
    block = view.subject.each_block
    counts = counts_text(tests[0].n_samples, tests[0].n_blocks, block) if tests else ""
    show_figure(
        view,
        "schemes",
        lambda theme: plot_schemes(
            found, theme, current=view.spec.cv, circular=is_circular(view.subject, view.spec)
        ),
        f"{reading_schemes(found)} {counts}",
        lambda: schemes_table(found),
        depends_on=tuple((test.null.n_relabellings, test.null.seed) for test in tests),
    )
    for outcome in found.outcomes:
        if outcome.problem:
            say_small(f"{outcome.entry.label}: {outcome.problem}")


def show_explanations(view: View, found: SchemesResult | None) -> None:
    """Explain each scheme in a sentence, and more: its null once there is one; wrong ones left."""
    nulls = {
        out.scheme: reading_null_of(out.test, found.chance)
        for out in (found.outcomes if found else ())
        if found and out.test
    }
    wrong, sound = st.columns(2, gap="large")
    for name, scheme in all_schemes().items():
        words = scheme_text(scheme, view.subject)
        with wrong if scheme.leaks else sound:
            told = f"{words} {nulls.get(name, '')}".rstrip()
            say_short(told, before=f"**{scheme.label}.** ")


def _show_plain_word() -> None:
    """Say what a p-value under a leaky scheme is worth, and what is not."""
    say_short(
        "Shuffled labels leak just as much as the real ones. So p still says whether the real "
        "labels score higher than shuffled ones do. What is wrong is to read a leaky score against "
        "chance, or as what the model would score on a new run.",
        before="**A leaky scheme spoils the score, not the p-value.** ",
    )
