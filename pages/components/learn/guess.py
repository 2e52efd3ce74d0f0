"""The game: ten held-out blocks, one after another, named by a visitor and by a classifier."""

import secrets
from collections.abc import Callable, Hashable
from functools import partial

import streamlit as st

from decoding.analyses import guess
from decoding.analyses.guess import (
    ROUNDS,
    SMALL_EFFECT,
    GuessResult,
    needed,
    p_of_guesses,
    share_reaching,
)
from decoding.analyses.schemes import TELLING_PAIR
from decoding.null import ALPHA
from decoding.numbers import list_text, number_text, p_text, percent_text, read_count
from decoding.output.colours import ThemeName
from decoding.setting import Setting
from pages.components.display import (
    draw_ahead,
    metric_row,
    place_of_brain,
    show_brain,
    show_metric,
    table_height,
)
from pages.components.fixed import change_button
from pages.components.plain import plain
from pages.components.section import section
from pages.components.service import View, result_for
from pages.components.terms import say, say_small
from pages.components.url_state import (
    change_spec,
    fill_in,
    get_extra,
    get_setting,
    set_setting,
)

SEED = Setting(name="rounds", default=0, label="Rounds", parse=read_count)
"""The seed of the rounds: a class that opens one link plays the same ten."""
SEEDS = 10**9
"""How many seeds there are: as many as a link can have."""
DRAWN = "guess_seed"
"""Where a visit keeps the seed that was drawn for it."""
ANSWERS = "guess_answers"
"""Where a visit keeps what was answered, by the game."""
BEFORE = "guess_before"
"""Where a visit keeps with which categories it played before others."""


def play(view: View) -> None:
    """Show a round, or how the game ended."""
    of_scans = view.spec.samples != "block"
    view = view.on(samples="block", cv="leave_one_run_out")
    options = guess.Options(seed=_seed())
    found = result_for(guess.ANALYSIS, view, options)
    games: dict[object, list[str]] = st.session_state.setdefault(ANSWERS, {})
    answers = games.setdefault((view.spec, view.subject.version, options.seed), [])
    _show_game(view, options, found, answers, of_scans=of_scans)
    _offer_others(view, found.classes)


def seed_link() -> None:
    """Have the link carry a seed: one drawn for this visit, where it has none."""
    if not get_extra(SEED.name):
        set_setting(SEED, _drawn_seed())


def _seed() -> int:
    """Return the link's seed, or this visit's; the link takes that once.

    Who then goes back to the address without it goes on with the same game: were it put in again,
    the browser's back button would lead nowhere else.
    """
    if get_extra(SEED.name):
        return get_setting(SEED)
    if DRAWN not in st.session_state:
        fill_in(SEED, _drawn_seed())
    return _drawn_seed()


def _drawn_seed() -> int:
    return int(st.session_state.setdefault(DRAWN, secrets.randbelow(SEEDS)))


def _show_game(
    view: View, options: guess.Options, found: GuessResult, answers: list[str], *, of_scans: bool
) -> None:
    """Show where the game is: a round, or how it ended."""
    with section():
        if len(answers) < ROUNDS:
            _show_round(view, options, found, answers)
            return
        _tell_last(found, answers)
        _show_end(found, answers, of_scans=of_scans)
        following = (options.seed + 1) % SEEDS
        st.button("Play another ten", key="another", on_click=set_setting, args=(SEED, following))


def _offer_others(view: View, played: tuple[str, ...]) -> None:
    """Offer all categories, or where all are played those of before: a pair if there were none."""
    every: tuple[str, ...] = view.subject.conditions
    others: tuple[str, ...] = ()
    key, label = "play_all", f"Play with all {len(every)} categories"
    if len(played) == len(every):
        before = st.session_state.get(BEFORE, TELLING_PAIR)
        others = before if set(before) < set(every) else every[:2]
        key, label = "play_few", f"Play with {plain(list_text(others))}"
    if len(others) < len(every):
        change_button(
            label,
            ["conditions"],
            key=key,
            type="tertiary",
            on_click=_play_others,
            args=(played, others),
        )
        say_small("This chooses the categories on all pages.")


def _play_others(played: tuple[str, ...], others: tuple[str, ...]) -> None:
    st.session_state[BEFORE] = played
    change_spec(conditions=others)


def _show_round(view: View, options: guess.Options, found: GuessResult, answers: list[str]) -> None:
    number = len(answers)
    st.header(f"Round {number + 1} of {ROUNDS}", anchor=False)
    say(
        "This is the brain during one block, warm where its signal lay higher than usual. Which "
        f"category was it: {list_text(found.classes, 'or')}?"
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("The block to name", anchor=False)
        block = place_of_brain("guess")
        with st.container(key="guesses", horizontal=True):
            for name in found.classes:
                answer = partial(_answer, answers, number, name)
                st.button(f"It was {plain(name)}", key=f"answer_{name}", on_click=answer)
            if answers:
                with st.container(key="told"):
                    _tell_last(found, answers)
    with right:
        st.subheader("What to look for", anchor=False)
        example = place_of_brain("guess_example")
        name = st.pills(
            "In the other runs",
            found.classes,
            key="guess_example",
            default=found.classes[0],
            required=True,
            format_func=plain,
        )
    place = found.classes.index(name) if name in found.classes else 0
    for where, of in ((block, None), (example, place)):
        with where:
            show_brain(*_pattern(view, options, found, number, of))
    if number + 1 < ROUNDS:
        with st.container(key="ahead"):  # while somebody looks at this round
            for of in (None, place):
                draw_ahead(*_pattern(view, options, found, number + 1, of)[:3])


def _answer(answers: list[str], number: int, name: str) -> None:
    """Answer a round, once: a second click on its button is none on the next."""
    if len(answers) == number:
        answers.append(name)


def _pattern(
    view: View, options: guess.Options, found: GuessResult, number: int, place: int | None
) -> tuple[View, Hashable, Callable[[ThemeName], str], str, str]:
    """Return what `show_brain` takes of a round's block, or of a category in the other runs."""
    from decoding.output.brain import view as brain  # numbers are on screen before
    from decoding.output.brain.background import background_image
    from decoding.output.brain.colour_maps import Drawing

    if place is None:
        values = found.patterns[number]
        words = "How this block differs from the average of the categories in the other runs."
    else:
        values = found.examples[number, place]
        words = f"How {found.classes[place]} differs from that average in the other runs."
    drawing = Drawing(cut=found.grid.strongest(found.examples[0, -1]))

    def draw(theme: ThemeName) -> str:
        ground, image = background_image(view.subject), found.grid.image(values)
        return brain.brain_html(image, ground, theme=theme, alt=words, drawing=drawing)

    what = (guess.ANALYSIS.name, view.spec, options, number, place)
    return view, what, draw, "Brain view.", words


def _tell_last(found: GuessResult, answers: list[str]) -> None:
    last = found.rounds.iloc[len(answers) - 1]
    said, true, machine = answers[-1], last["true"], last["predicted"]
    own = "You were right" if said == true else f"You said {said}"
    if machine != said:
        its = "the classifier was right" if machine == true else f"the classifier said {machine}"
    else:
        its = "so was the classifier" if said == true else "so did the classifier"
    told = found.rounds[: len(answers)]
    n, by_machine = ((told["true"] == named).sum() for named in (answers, told["predicted"]))
    score = f" Right so far: you {n} of {len(told)}, the classifier {by_machine}."
    say(f"Round {len(told)}: it was {true}. {own}; {its}.{score if len(told) < ROUNDS else ''}")


def _show_end(found: GuessResult, answers: list[str], *, of_scans: bool) -> None:
    n, chance = int((found.rounds["true"] == answers).sum()), 1 / len(found.classes)
    p = p_of_guesses(n, len(found.classes))
    st.header("How did you do?", anchor=False)
    with metric_row("guess"):
        show_metric("You", f"{n} of {ROUNDS}", f"guessing gets {percent_text(chance)}")
        show_metric("The classifier", f"{found.n_by_machine} of {ROUNDS}", "learnt from other runs")
        show_metric("Your p-value", p_text(p), "exact")
    say(
        f"Somebody who sees nothing in the patterns gets {n} or more of {ROUNDS} right with a "
        f"probability of {p_text(p)}. {_enough_text(n, len(found.classes))}"
    )
    if of_scans:
        say(
            "Every round shows a whole block, the mean of its scans: single scans are noisier. So "
            "do not compare the classifier's score here with its score on single scans."
        )
    say_small(
        "Each round draws its category afresh, all equally likely, whatever came before. So "
        f"every guess is right with a probability of {percent_text(chance)}, also that of somebody "
        "who always gives the same answer or counts what has come, and this p is exact, as long "
        "as you have not played these ten before."
    )
    table = found.rounds.assign(you=answers).rename(
        columns={"true": "shown", "predicted": "classifier"}
    )
    st.dataframe(
        table[["run", "shown", "you", "classifier"]],
        hide_index=True,
        height=table_height(len(table), len(table)),
        alt="What each round showed, and what you and the classifier said",
    )


def _enough_text(n_right: int, n_answers: int) -> str:
    """Say how many right answers are enough, whether there were as many, and who gets them."""
    enough = needed(n_answers)
    reached = "You reached that." if n_right >= enough else "You did not reach that."
    share = 1 / n_answers + SMALL_EFFECT
    games = share_reaching(share, n_answers)
    return (
        f"With {ROUNDS} rounds and {number_text(n_answers, 'answer')} you need {enough} right for "
        f"a probability below {ALPHA:g}. {reached} So few rounds tell little: somebody who is "
        f"right {percent_text(share)} of the time gets {enough} or more in {percent_text(games)} "
        "of games."
    )
