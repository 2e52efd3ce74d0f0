"""Pages as Streamlit's own test runner has them: what is on them."""

from decoding.spec import DecodingSpec

SPEC = DecodingSpec(subject="1", conditions=("bottle", "shoe"), standardize="run", cv="split_half")


def metric(at, label):
    """Return the number shown under a label."""
    (found,) = [element.value for element in at.metric if element.label == label]
    return found


def link_of(at):
    """Return the address bar's query without the session's name, every value a list."""
    return {
        name: values if isinstance(values, list) else [values]
        for name, values in dict(at.query_params).items()
        if name != "session"
    }
