"""The article's lines of code, with another classifier than its own."""

import re

from decoding.estimators import ESTIMATORS

ARTICLES = "svc"
"""The article's classifier, by its name in ``ESTIMATORS`` and in its lines."""


def lines_with(lines: str, estimator: str) -> str:
    """Write the article's lines with another estimator; empty where they would be the same.

    Empty too where it has to be given the runs, which these lines do not know, and where the lines
    are of weights that it has not.
    """
    chosen, own = ESTIMATORS[estimator], ESTIMATORS[ARTICLES].code
    no_weights = "coef_" in lines and not chosen.has_weights
    if estimator == ARTICLES or ARTICLES not in lines or chosen.needs_groups or no_weights:
        return ""
    code = chosen.code
    imports = ["import numpy as np"] if code.setup else []
    head = "\n".join([*imports, *code.imports])
    head = f"{head}\n\n\n{code.setup.strip()}\n\n" if code.setup else head
    lines = lines.replace("\n".join(own.imports), head).replace(own.expression, code.expression)
    lines = lines.replace("SVM weights", "weights")
    return re.sub(rf"(?<![a-z]){ARTICLES}(?![a-z])", "classifier", lines)
