"""Block orders that subjects share are found from their trials, and only where they share them."""

import shutil

import pandas as pd
from makers import write_study

from decoding.datasets import load_subject
from decoding.datasets.labels import read_labels, trials_from_volumes
from decoding.datasets.orders import orders_by_run, shared_orders, trials_beside


def _trials(*orders):
    rows = [
        (run, place, name) for run, order in enumerate(orders) for place, name in enumerate(order)
    ]
    return pd.DataFrame(rows, columns=["run", "onset", "condition"])


def test_haxbys_six_subjects_share_twelve_orders(recordings):
    """Their label files hold the same twelve orders, dealt anew; subject 5 has one run less."""
    files = sorted((recordings / "labels").glob("subj*_labels.txt"))
    trials = {path.name[4]: trials_from_volumes(read_labels(path), 2.5) for path in files}
    found = shared_orders(trials)
    assert (found.n_subjects, found.n_orders, found.same_runs) == (6, 12, False)
    assert found.lacking == ("5",)
    assert "All 6 subjects were shown the same 12 block orders" in found.words
    firsts = [
        sum(order.index("face") < order.index("cat") for order in orders_by_run(own).values())
        for name, own in trials.items()
        if name not in found.lacking
    ]
    assert firsts == [9] * 5


def test_orders_of_their_own_are_not_shared():
    """One other order, one order more often, or one subject alone: nothing is shared."""
    first = _trials("abc", "bca", "cab")
    assert shared_orders({"1": first}) is None
    assert shared_orders({"1": first, "2": _trials("abc", "bca", "acb")}) is None
    assert shared_orders({"1": first, "2": _trials("abc", "bca", "bca")}) is None
    same = shared_orders({"1": first, "2": first.iloc[::-1]})
    assert same.same_runs and not same.lacking
    assert "in the same runs" in same.words


def test_subjects_beside_one_are_read_without_their_scans(tmp_path):
    """Their labels are enough; a subject without a recording is none, one alone has itself."""
    first = write_study(tmp_path)
    subject = load_subject("haxby", "1", tmp_path)
    assert list(trials_beside(subject)) == ["1"]
    for name in ("subj2", "subj3"):
        (other := first.with_name(name)).mkdir()
        shutil.copy(first / "labels.txt", other)
    (first.with_name("subj2") / "bold.nii.gz").write_bytes(b"")
    found = trials_beside(subject)
    assert list(found) == ["1", "2"]
    assert shared_orders(found).n_subjects == 2


def test_subjects_of_a_bids_folder_are_read_by_their_events(recordings, tmp_path):
    """A second subject with the same runs shares the orders of the first."""
    root = tmp_path / "bids"
    shutil.copytree(recordings / "bids" / "ds000105-slice", root)
    for path in sorted((root / "sub-1" / "func").iterdir())[:4]:
        copy = root / "sub-2" / "func" / path.name.replace("sub-1", "sub-2")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    found = shared_orders(trials_beside(load_subject("bids", "1", root)))
    assert (found.n_subjects, found.n_orders, found.lacking) == (2, 12, ("2",))
