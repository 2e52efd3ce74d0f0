"""The terms of the field, each with its meaning in a line: one glossary for all pages."""

import re
from collections.abc import Iterator, Mapping

GROUPS: dict[str, dict[str, str]] = {
    "The scan": {
        "drift": "A slow change of the scanner's signal that has nothing to do with the brain.",
        "fMRI": "Functional magnetic resonance imaging: scans of the brain at work, one every few "
        "seconds.",
        "mean scan": "The average of all scans of a recording.",
        "MNI space": "Coordinates in mm on a brain that stands for everybody's.",
        "NIfTI": "The usual file for brain images: voxels, and where they lie in mm.",
        "nilearn": "The Python library for brain images whose numbers the app is held against.",
        "run": "One stretch of scanning without a pause; a recording has several.",
        "template": "A brain averaged over many people, to which others are fitted.",
        "ventral temporal": "The underside of the brain's temporal lobe, which responds to objects "
        "and faces.",
        "volume": "One scan of the whole brain, taken in a few seconds.",
        "voxel": "A small cube of the brain, the smallest thing that the scanner tells apart.",
    },
    "What was shown": {
        "block": "A stretch of scans during which one category was shown.",
        "category": "A kind of picture that was shown, such as faces or houses.",
        "design check": "A question about the experiment that is asked before a score is believed.",
        "label": "What a scan is said to show: the name of its category.",
        "onset": "The moment at which a block begins.",
    },
    "What is decoded": {
        "beta": "How strongly a voxel responded, as a linear model of the run estimates it.",
        "circular": "Chosen by looking at the very responses that are then decoded, so the score "
        "is too good.",
        "design matrix": "What a linear model expects of a run: one column for each response and "
        "each drift.",
        "detrend": "Take the scanner's slow straight drift out of each voxel within each run.",
        "encoding": "Predicting how each voxel responds from what was shown; decoding goes the "
        "other way.",
        "high-pass": "The slowest change that counts as signal; what is slower counts as drift.",
        "lag": "Seconds between what was shown and the scan that is decoded: blood answers late.",
        "linear model": "A sum of expected responses and drifts, fitted to the scans of a run.",
        "localizer": "A mask whose voxels were chosen by how they respond to some categories; "
        "honest if in other runs.",
        "LSA": "Betas of single blocks, from one linear model of all blocks of a run.",
        "LSS": "Betas of single blocks, each from a linear model of that block against all others.",
        "mask": "The voxels that are looked at; all others are left out.",
        "regressor": "One expected response or drift: a column of the design matrix.",
        "sample": "What the classifier is given to name: a scan, the mean of a block, a beta or a "
        "t value.",
        "standard error": "How far a mean would move if the experiment were done again.",
        "standardize": "Bring each voxel to mean 0 and standard deviation 1, so that all count "
        "alike.",
        "t value": "A beta over its standard error: how far it stands out of the voxel's noise.",
    },
    "Decoding": {
        "accuracy": "The share of samples that were named correctly, averaged over the folds.",
        "area under ROC": "How well the classifier ranks samples of one category above the other: "
        "1 is perfect, 0.5 is guessing.",
        "balanced accuracy": "The mean of each category's own share of correct names.",
        "chance": "What guessing scores among equal categories: 50 % for two.",
        "classifier": "A rule, learnt from examples, that names the category of a sample.",
        "combination": "One way to prepare and decode: one value of each choice.",
        "cross-decoding": "Learning what tells one pair apart, and naming another pair by it.",
        "cross-validation": "Learning from one part of the data and testing on the other, in "
        "turns.",
        "decision": "How strongly a classifier holds a scan for a category, in units of its own.",
        "fold": "One turn of cross-validation: some runs are left out, the others are learnt from.",
        "leak": "The test shares something with the training, so the score is too good.",
        "nested": "Chosen inside each training fold, so that the test has no part in the choice.",
        "recall": "Of all samples of a category, the share that was named so.",
        "scheme": "A way to split the scans into training and test.",
        "specification curve": "The scores of many ways to decode the same data, from the lowest "
        "to the highest.",
        "SVM": "Support vector machine: a classifier that draws the widest gap between two "
        "categories.",
        "training": "What the classifier learns from; it is tested on something else.",
    },
    "Luck or not": {
        "false discovery rate": "Of all places that are called significant, the share that luck is "
        "expected to bring.",
        "family-wise": "Counting every place looked at: how often the best of all scores this high "
        "by luck.",
        "Holm": "A correction of several p-values: it holds for all of them at once.",
        "null": "The scores of shuffled labels: what luck alone reaches.",
        "p": "How often luck alone scores as high: 0.01 means once in a hundred times.",
        "power": "How often a study finds an effect that is there.",
        "prevalence": "The share of people who show an effect, as far as those tested can tell.",
        "relabelling": "Shuffling the labels of whole blocks within each run, so that they mean "
        "nothing.",
    },
    "Maps": {
        "activation pattern": "How activity differs between two categories in each voxel, worked "
        "out from the weights.",
        "cluster": "Spheres that were kept and touch each other.",
        "peak": "A place where a map is highest.",
        "radius": "How far a sphere reaches from its middle, in mm.",
        "searchlight": "Decoding from a small sphere around each voxel in turn, to map where the "
        "information is.",
        "sphere": "All voxels within a radius of one voxel.",
        "weight": "How much a voxel counts in the classifier's decision, and for which category.",
    },
    "Patterns compared": {
        "correlation": "How alike two patterns are: 1 is the same, 0 nothing in common, -1 the "
        "opposite.",
        "crossnobis": "A distance of patterns in units of noise, checked on other runs; on average "
        "0 where nothing parts them.",
        "dendrogram": "A tree that joins what is most alike first.",
        "dissimilarity": "How unlike two patterns are, by one measure or another.",
        "MDS": "Multidimensional scaling: places in a plane, as far apart as distances say.",
    },
}
"""What the words are about, and the words of each with their meanings."""
GLOSSARY = {term: meaning for terms in GROUPS.values() for term, meaning in terms.items()}
"""By the term as it stands in a sentence; see `FORMS` for how else it may stand there."""
FORMS = {
    "area under ROC": ("areas under ROC", "AUC"),
    "category": ("categories",),
    "circular": ("circularity",),
    "correlation": ("correlate", "correlates", "correlated"),
    "design matrix": ("design matrices",),
    "dissimilarity": ("dissimilarities",),
    "detrend": ("detrended",),
    "encoding": ("encode", "encodes", "encoded"),
    "leak": ("leaks", "leaky", "leaked", "leakage", "leaking"),
    "p": ("p-value", "p-values"),
    "radius": ("radii",),
    "relabelling": ("relabelled", "relabel", "shuffled labels"),
    "standardize": (
        "standardized",
        "standardization",
        "scaled within runs",
        "scaled over all runs",
        "scaled",
    ),
    "SVM": ("support vector machine",),
}
"""Other forms than the term and its plural by s."""
STEM = 4
"""So many letters of a word are at least sought."""
_NAMES = {
    form.lower(): term
    for term in GLOSSARY
    for form in (term, f"{term}s", *FORMS.get(term, ()))
    if form != "ps"
}
_PATTERN = re.compile(
    rf"(?<![\w/'=-])({'|'.join(map(re.escape, sorted(_NAMES, key=len, reverse=True)))})(?![\w/=])",
    re.IGNORECASE,
)


def search_terms(sought: str) -> tuple[str, Mapping[str, Mapping[str, str]]]:
    """Return the terms that hold a text in their name, forms or meaning, by what they are about.

    Where none holds it, those that hold most of its beginning, as "decod" of "decoder", but no
    less than half of it nor than `STEM` letters. The text that they hold comes first; with no term
    it is the whole.
    """
    text = sought.strip().lower()
    shortest = max(STEM, -(-len(text) // 2))
    for length in range(len(text), min(shortest, len(text)) - 1, -1):
        if found := _holding(text[:length]):
            return text[:length], found
    return text, {}


def _holding(text: str) -> dict[str, dict[str, str]]:
    held = {
        about: {
            term: meaning
            for term, meaning in terms.items()
            if text in f"{term}: {meaning} {', '.join(FORMS.get(term, ()))}".lower()
        }
        for about, terms in GROUPS.items()
    }
    return {about: terms for about, terms in held.items() if terms}


def find_terms(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Find the terms of the glossary in a text, each place with the term that stands there."""
    for found in _PATTERN.finditer(text):
        yield found, _NAMES[found[0].lower()]
