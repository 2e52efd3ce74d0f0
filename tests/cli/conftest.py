"""The study that commands read."""

import pytest
from makers import (
    write_study,
)


@pytest.fixture
def data(tmp_path):
    """Return the data folder of a study of one subject."""
    write_study(tmp_path / "data")
    return tmp_path / "data"
