"""Every subject's scores as they come: the answer, the numbers, the picture, the files."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd
import streamlit as st

from decoding.analyses import group
from decoding.analyses.group import GroupRow, group_rows
from decoding.datasets.orders import shared_orders
from decoding.null import ALPHA
from decoding.numbers import number_text, percent_text, score_text
from decoding.output.figures.group import plot_group, reading_group
from decoding.output.text.group import (
    MAJORITY_TEXT,
    POSTERIOR_TEXT,
    answer_text,
    is_tested,
    largest_bound,
    largest_bound_text,
    many_tests_text,
    missing_text,
    no_prevalence_text,
    orders_text,
    prevalence_row,
)
from decoding.output.text.wording import chance_for, chance_text
from pages.components.aloud import tell
from pages.components.asked_null import asked_null
from pages.components.checks import show_score
from pages.components.display import (
    file_stem,
    metric_row,
    show_download,
    show_figure,
    show_metric,
    show_reading,
    table_height,
)
from pages.components.group.chosen import chosen_masks, chosen_pairs
from pages.components.group.members import Members
from pages.components.late import Late
from pages.components.offer import may_start, offer_start
from pages.components.service import View, seconds_for
from pages.components.terms import say, say_small
from pages.components.together import Together

IN_SIGHT = 12
"""So many lines of the table are in sight; it rolls to the others."""


@dataclass(frozen=True, eq=False)
class GroupScores:
    """The rows of all members: tested ones where they are there, else without their test."""

    view: View
    members: Members
    tests: list[Late[pd.DataFrame]]
    scores: list[Late[pd.DataFrame]]
    work: Together[pd.DataFrame]
    seconds: float

    @property
    def tables(self) -> list[pd.DataFrame]:
        """The rows of every member that has some by now."""
        found = (
            test.result if test.result is not None else score.result
            for test, score in zip(self.tests, self.scores, strict=True)
        )
        return [table for table in found if table is not None]

    @property
    def state(self) -> tuple[object, ...]:
        """What tells one picture of them from another."""
        return tuple(
            (late.ticket.key, late.result is not None) for late in (*self.tests, *self.scores)
        )

    @property
    def rows(self) -> list[GroupRow]:
        """One row for each way to decode."""
        tables = self.tables
        return group_rows(pd.concat(tables, ignore_index=True)) if tables else []


def find_scores(view: View, members: Members) -> GroupScores:
    """Ask for the rows of all members; tests that take long wait for a click."""
    test = asked_null(view.spec)
    options = group.Options(
        masks=chosen_masks(view),
        pairs=chosen_pairs(view),
        permutations=test.permutations,
        seed=test.seed,
    )
    untested = replace(options, tested=False)
    tests = [Late(group.ANALYSIS, own, options) for own in members.views]
    scores = [Late(group.ANALYSIS, own, untested) for own in members.views]
    seconds = sum(seconds_for(group.ANALYSIS, own, options) for own in members.views)
    started = may_start(tests[0].ticket, seconds)
    first = [score for score, own in zip(scores, tests, strict=True) if own.result is None]
    work = Together([*first, *(tests if started else ())])
    return GroupScores(view, members, tests, scores, work, seconds)


def follow_scores(found: GroupScores) -> None:
    """Show how far the work is; offer tests that take long."""
    if not may_start(found.tests[0].ticket, found.seconds):
        say("Shuffled labels tell whose score is told from luck.")
        offer_start("Test every subject", found.tests[0].ticket, found.seconds, "test_group")
    found.work.follow(partial(_offer_table, found), "table")


def show_answer(found: GroupScores) -> None:
    """Say in how many subjects it holds, and show four numbers."""
    rows = found.rows
    if not rows:
        say("The scores of every subject are on their way, see below.")
        return
    raw, *others = rows
    detrended = others[0] if others and others[0].choices["detrend"] else None
    chance = chance_for(found.view.subject, found.view.spec)
    answer = answer_text(
        raw, detrended, comparable=chance is not None, each=found.view.subject.each
    )
    with st.container(key="wrong_answer" if found.view.is_wrong else "plainly", width="content"):
        say(answer)
    if is_tested(raw) and not found.work.missing:
        tell(answer)
    _show_numbers(found, raw, chance)
    _say_who_is_missing(found)


def _show_numbers(found: GroupScores, raw: GroupRow, chance: float | None) -> None:
    n, majority, posterior = len(raw.scores), raw.majority, raw.posterior
    tested = is_tested(raw)
    with metric_row("group"):
        mean = score_text(float(raw.scores["accuracy"].mean())) if n else "none"
        many = f"mean of {number_text(n, 'subject')}, {chance_text(chance)}"
        show_score(found.view, "Accuracy", mean, many)
        number, told = "…", "p on its way, see below"
        if tested:
            number, told = f"{raw.n_significant} of {n}", f"subjects with a p of {ALPHA:g} or less"
        show_metric("Told from luck", number, told)
        bound = "…" if not tested else "none"
        if majority is not None and majority.bound is not None:
            bound = percent_text(majority.bound)
        at_most = "no subject"
        if n:
            most = percent_text(largest_bound(raw))
            at_most = f"{number_text(n, 'subject')} can show {most} at most"
        show_metric("Prevalence, more than", bound, at_most)
        likely, ends = "…" if not tested else "none", "share of people"
        if posterior is not None:
            likely = percent_text(posterior.most_likely)
            low, high = percent_text(posterior.low), percent_text(posterior.high)
            ends = f"95 % interval {low} to {high}"
        show_metric("Prevalence, most likely", likely, ends)


def _say_who_is_missing(found: GroupScores) -> None:
    members = found.members
    missing = {**members.missing, **{
        name: why for row in found.rows for name, why in row.missing.items()
    }}  # fmt: skip
    if text := missing_text(missing, members.absent, members.remedy):
        say_small(text)


def say_orders(members: Members) -> None:
    """Say that subjects share the orders of their blocks, where they do."""
    shared = shared_orders({view.subject.name: view.subject.trials for view in members.views})
    if text := orders_text(shared):
        say(text)


def show_chart(found: GroupScores) -> None:
    """Show every subject in every mask and pair, and the rows as files."""
    rows, view = found.rows, found.view
    if not rows:
        return
    show_figure(
        found.members.together(view),
        "group",
        lambda theme: plot_group(
            rows, theme, chance=chance_for(view.subject, view.spec), wrong=view.is_wrong
        ),
        reading_group(rows),
        lambda: pd.concat(found.tables, ignore_index=True),
        depends_on=found.state,
    )


def _offer_table(found: GroupScores) -> None:
    """Offer the rows as the table that the command `group` reads."""
    if found.tables:
        show_download(
            "Table of all rows, Parquet *: the command group reads it*",
            lambda: _parquet(pd.concat(found.tables, ignore_index=True)),
            f"{file_stem(found.view.spec)}_group.parquet",
        )


def _parquet(table: pd.DataFrame) -> bytes:
    target = io.BytesIO()
    table.to_parquet(target, index=False)
    return target.getvalue()


def show_prevalence(found: GroupScores) -> None:
    """Show what the subjects say of other people, a line for each way to decode."""
    rows = found.rows
    if not rows:
        return
    for text in _limits(rows):
        say(text)
    if not any(len(row.scores) >= group.FEWEST for row in rows):
        return
    table = pd.DataFrame([prevalence_row(row) for row in rows])
    st.dataframe(
        table,
        hide_index=True,
        height=table_height(len(table), IN_SIGHT),
        column_config={
            "way": "Categories and mask",
            "trend": "Trend",
            "significant": "p .05 or less",
            "bound": "More than",
            "half": "p that half or fewer show it",
            "likely": "Most likely (95 %)",
        },
        alt="What the subjects say of the prevalence, by categories and mask",
    )
    said = (MAJORITY_TEXT, POSTERIOR_TEXT, largest_bound_text(rows), many_tests_text(rows))
    reading = " ".join(filter(None, said))
    show_reading(found.view, "prevalence", reading, lambda: table)


def _limits(rows: list[GroupRow]) -> Iterator[str]:
    """Say, each once, why some rows say nothing of other people."""
    yield from dict.fromkeys(text for row in rows if (text := no_prevalence_text(row)))
