"""An exported program before it is written down, and what tells its forms apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from decoding.datasets.base import Subject
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class Program:
    """What a program does, step by step.

    Parameters
    ----------
    source : str
        What its data folder is, and how to get that.
    default : str
        The folder that it reads when nobody names another.
    answer : str
        What it prints last.
    link : str
        To the page that shows the same.
    steps : mapping of str to str
        The Python of each step, in order; ``STEPS`` of the notebook says what each does.
    n_relabellings : int or None
        How many relabellings redo the null, all distinct ones where it is `exact`; else none.
    replayed : int or None
        The run that is replayed.
    """

    subject: Subject
    spec: DecodingSpec
    source: str
    default: str
    answer: str
    link: str
    steps: Mapping[str, str]
    n_relabellings: int | None = None
    exact: bool = False
    replayed: int | None = None


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form in which a program is written: a script, or a notebook.

    Parameters
    ----------
    label : str
        How a page calls it.
    folder : callable
        Takes the data folder that is read by default, and returns the expression of the one that
        the program reads.
    here : str
        The expression of the folder that the program writes into.
    see_top : str
        What the program says where there are no data.
    write : callable
        Returns the program as the text of a file.
    """

    label: str
    folder: Callable[[str], str]
    here: str
    see_top: str
    write: Callable[[Program], str]
