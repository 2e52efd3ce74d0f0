"""The forms in which a program can be had, by the ending of its file."""

from decoding.output.script.form import Form
from decoding.output.script.notebook import NOTEBOOK
from decoding.output.script.program import SCRIPT

FORMS: dict[str, Form] = {"py": SCRIPT, "ipynb": NOTEBOOK}
