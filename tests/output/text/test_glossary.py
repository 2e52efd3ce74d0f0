"""The glossary: its terms are found in every form, and in no other word."""

from decoding.output.text.glossary import FORMS, GLOSSARY, GROUPS, find_terms


def test_terms_are_found_in_all_their_forms():
    """Plurals and other forms lead to their term; parts of words and names of files do not."""
    told = "1000 relabellings, p = 0.01; the AUC of leaky categories in detrended voxels"
    assert [term for _, term in find_terms(told)] == [
        "relabelling", "p", "area under ROC", "leak", "category", "detrend", "voxel"
    ]  # fmt: skip
    for term, forms in FORMS.items():
        for form in forms:
            assert [found for _, found in find_terms(f"A {form}.")] == [term], form
    assert not list(find_terms("unmasked, runner, mask_name, hrf_model=p, lagoon, https://p/fold"))


def test_each_meaning_is_one_line_that_needs_no_other_word_for_itself():
    """A meaning is a sentence of a line or two, and says something else than its term."""
    for term, meaning in GLOSSARY.items():
        assert 20 < len(meaning) < 130 and meaning.endswith(".") and meaning[0].isupper(), term
        assert not meaning.lower().startswith((term, f"a {term}")), term
    for terms in GROUPS.values():
        assert list(terms) == sorted(terms, key=str.lower)
    assert sum(map(len, GROUPS.values())) == len(GLOSSARY)
