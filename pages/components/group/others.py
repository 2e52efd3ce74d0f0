"""Learning from all subjects but one, where their data are in one space."""

from collections.abc import Sequence
from dataclasses import replace

from decoding.analyses import across
from decoding.analyses.across import Other, check_one_space
from decoding.analyses.group import GroupRow
from decoding.errors import DecodingError
from decoding.output.figures.group import across_table, plot_group
from decoding.output.text.group import reading_across
from decoding.output.text.wording import chance_for
from decoding.spec import DecodingSpec
from pages.components.asked_null import NULL
from pages.components.display import show_figure
from pages.components.group.chosen import chosen_masks, chosen_pairs
from pages.components.group.members import Members
from pages.components.late import Late
from pages.components.service import View
from pages.components.terms import say
from pages.components.url_state import get_setting


def show_across(view: View, members: Members) -> None:
    """Show how well the others' classifier names each subject's scans, or why it cannot be."""
    subjects, block = [own.subject for own in members.views], view.subject.each_block
    try:
        check_one_space(subjects)
    except DecodingError as error:
        say(str(error))
        return
    say(
        "A classifier learns from all subjects but one, and names what that one saw. Here the "
        f"labels of the subject that is named were shuffled, {block} by {block} within runs, and "
        "the classifier stayed."
    )
    first, *rest = members.views
    test = get_setting(NULL)
    options = across.Options(
        others=tuple(
            Other(name=own.subject.name, version=own.subject.version, subject=own.subject)
            for own in rest
        ),
        masks=chosen_masks(view),
        pairs=chosen_pairs(view),
        permutations=None if test is None else test.permutations,
        seed=0 if test is None else test.seed,
    )
    late = Late(across.ANALYSIS, first, options)
    late.follow(lambda rows: _draw(view, members, rows), "across")


def _draw(view: View, members: Members, rows: Sequence[GroupRow]) -> None:
    show_figure(
        members.together(view),
        "across",
        lambda theme: plot_group(
            rows,
            theme,
            chance=chance_for(view.subject, replace(view.spec, cv=DecodingSpec().cv)),
            title="Scores learnt from the other subjects",
        ),
        reading_across(rows),
        lambda: across_table(rows),
        depends_on=(
            *(own.subject.version for own in members.views),
            chosen_masks(view),
            chosen_pairs(view),
            get_setting(NULL),
        ),
    )
