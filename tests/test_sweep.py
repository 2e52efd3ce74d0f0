"""Sweeps: every combination once, a table that grows, threads and a cluster alike."""

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from decoding import sweep as sweeping
from decoding.analyses import decode, permute
from decoding.analyses.choices.rows import curves_of
from decoding.analyses.group import compare_subjects
from decoding.cli.main import main
from decoding.datasets import subject_of
from decoding.errors import Cancelled, DecodingError
from decoding.spec import DecodingSpec
from decoding.sweep import CHUNK, expand, read_sweep, sweep

LISTS = {
    "dataset": ["simulated"],
    "subject": ["1", "2"],
    "conditions": [("bottle", "shoe"), ("cat", "face")],
    "samples": ["block"],
    "standardize": ["run", "all"],
    "estimator": ["svc", "gnb"],
}
DRAWS = permute.Options(permutations=20, seed=3)


def swept(specs, out, **options):
    """Return a sweep's table on one thread."""
    with ThreadPoolExecutor(1) as thread:
        return sweep(specs, out, thread, options=DRAWS, **options)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Return the folder and the rows of a sweep."""
    out = tmp_path_factory.mktemp("sweep") / "F.parquet"
    return out, swept(expand(LISTS), out)


def test_every_combination_once():
    """In the order of the lists; a pair named the other way round is the same spec."""
    specs = expand({**LISTS, "conditions": [("cat", "face"), ("face", "cat")]})
    assert len(specs) == len(set(specs)) == 2 * 2 * 2
    assert [spec.subject for spec in specs] == ["1"] * 4 + ["2"] * 4
    assert expand({}) == [DecodingSpec()]
    with pytest.raises(DecodingError, match="no 'maks'"):
        expand({"maks": ["vt"]})


def test_rows_are_the_commands_own_numbers(table):
    """Score, p and null of a row are those of the spec on its own."""
    _, rows = table
    assert len(rows) == 16
    assert (rows["problem"] == "").all()
    for row in rows.iloc[[0, 6, 15]].to_dict("records"):
        spec = DecodingSpec(**{name: row[name] for name in LISTS if name != "conditions"},
                            conditions=tuple(row["conditions"]))  # fmt: skip
        subject = subject_of(spec)
        test = permute.run(subject, spec, DRAWS)
        assert row["fold_scores"] == pytest.approx(decode.run(subject, spec).fold_scores)
        assert row["p_value"] == test.p_value
        assert row["null_counts"].sum() == 20
        mean = (row["null_scores"] * row["null_counts"]).sum() / 20
        assert mean == pytest.approx(test.null.mean)


def test_rows_of_other_recordings_are_refused(tmp_path, table):
    """A table never mixes two recordings of one name."""
    out, rows = tmp_path / "F.parquet", table[1].assign(data_version="another")
    out.mkdir()
    rows.to_parquet(out / "part-0.parquet")
    with pytest.raises(DecodingError, match=r"rows of other recordings of subject 1 than"):
        swept(expand(LISTS), out)


def test_finished_rows_are_never_computed_again(tmp_path, monkeypatch, table):
    """A sweep stopped by its user goes on with what is missing; finished parts stay as they are."""
    specs, out = expand(LISTS), tmp_path / "F.parquet"
    computed = []

    def compute(chunk):
        computed.extend(chunk.specs)
        return original(chunk)

    original = sweeping.compute
    monkeypatch.setattr(sweeping, "compute", compute)

    def stop(done, total):
        if done >= CHUNK:
            raise Cancelled

    with pytest.raises(Cancelled):
        swept(specs, out, on_progress=stop)
    before = {part.name: part.read_bytes() for part in out.glob("part-*")}
    there = set(read_sweep(out)["key"])
    assert 0 < len(there) < len(specs)
    computed.clear()
    rows = swept(specs, out)
    missing = [spec for spec in specs if sweeping.row_key(spec, DRAWS) not in there]
    assert computed == missing
    assert all((out / name).read_bytes() == content for name, content in before.items())
    pd.testing.assert_frame_equal(rows, table[1])
    computed.clear()
    swept([*specs, replace(specs[0], lag=0.0, samples="volume")], out)
    assert [spec.samples for spec in computed] == ["volume"]


def test_a_row_without_a_score_says_why(tmp_path):
    """The others have theirs; no half-written file is taken for a part."""
    out = tmp_path / "F.parquet"
    out.mkdir()
    (out / ".part-half.parquet").write_bytes(b"PAR1")
    rows = swept(expand({**LISTS, "subject": ["1"], "mask": ["vt", "hippocampus"]}), out)
    bad = rows[rows["mask"] == "hippocampus"]
    assert bad["problem"].str.contains("hippocampus").all()
    assert (rows.loc[rows["mask"] == "vt", "problem"] == "").all()
    assert bad["accuracy"].isna().all()


def test_a_row_without_a_score_is_tried_again(tmp_path, monkeypatch):
    """Once its cause is mended it has its score; until then the latest cause is told."""
    out, specs = tmp_path / "F.parquet", expand({"dataset": ["simulated"], "subject": ["1", "2"]})
    tried = []

    def row(spec, chunk):
        tried.append(spec.subject)
        good = spec.subject == "1" or len(tried) > 4
        values = {"key": chunk.key(spec), **spec.as_dict(), "accuracy": 1.0 if good else None}
        values["data_version"] = subject_of(spec).version if good else ""
        return {**values, "problem": "" if good else f"Try {len(tried)}."}

    monkeypatch.setattr(sweeping, "_row", row)
    swept(specs, out)
    assert tried == ["1", "2"]
    assert swept(specs, out)["problem"].tolist() == ["", "Try 3."]
    tried.append("")
    assert swept(specs, out)["problem"].tolist() == ["", ""]
    assert swept(specs, out)["accuracy"].tolist() == [1.0, 1.0]
    assert tried == ["1", "2", "2", "", "2"]


def test_rows_tested_otherwise_are_another_way(table):
    """No subject is counted twice, and each way says how it was tested."""
    again = table[1].assign(key=table[1]["key"].str.replace("seed=3", "seed=4"))
    once, both = compare_subjects(table[1]), compare_subjects(pd.concat([table[1], again]))
    assert len(both) == 2 * len(once)
    assert all(row.scores["subject"].tolist() == ["1", "2"] for row in both)
    assert [row.test.seed for row in both] == [3] * len(once) + [4] * len(once)


def test_what_is_no_table_is_refused(tmp_path):
    """Missing, or something else: the message says what to do."""
    with pytest.raises(DecodingError, match="There is no table") as caught:
        read_sweep(tmp_path / "F.parquet")
    assert "decoding sweep" in caught.value.one_line
    (tmp_path / "text.parquet").write_text("no table")
    with pytest.raises(DecodingError, match="cannot be read"):
        read_sweep(tmp_path / "text.parquet")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(DecodingError, match="lacks the column 'key'"):
        read_sweep(tmp_path / "other.parquet")


def test_commands(tmp_path, capsys, monkeypatch, table):
    """`sweep` takes lists, `group` reads the table; both say what they did."""
    out = str(tmp_path / "F.parquet")
    flags = ["--dataset", "simulated", "--subject", "1", "2", "--samples", "block"]
    pairs = ["--conditions", "face", "cat", "--conditions", "bottle", "shoe"]
    assert main(["sweep", *flags, *pairs, "--permutations", "50", "--out", out]) == 0
    assert "4 rows" in capsys.readouterr().out
    assert main(["group", out, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["conditions"] for row in rows] == [["cat", "face"], ["bottle", "shoe"]]
    assert [one["subject"] for one in rows[0]["subjects"]] == ["1", "2"]
    least = 1 / 51
    assert rows[0]["subjects"][0]["smallest_p"] == least and rows[0]["permutations"] == 50
    bound = rows[0]["prevalence"]["largest_bound"]
    assert bound == pytest.approx((0.05**0.5 - least) / (1 - least))
    assert main(["group", out]) == 0
    said = capsys.readouterr().out
    assert "face against cat, ventral temporal, raw: chance 0.500\n  subject 1:" in said
    assert "subject 2:" in said and "corrected for looking in 2 ways" in said
    assert main(["group", out, "--across"]) == 2
    assert "in a space of their own" in capsys.readouterr().err
    monkeypatch.setattr("decoding.analyses.across.in_mni_space", lambda subject: True)
    assert main(["group", out, "--across", "--json"]) == 0
    across = json.loads(capsys.readouterr().out)[0]["across"]
    assert [one["subject"] for one in across["subjects"]] == ["1", "2"]
    assert main(["group", out, "--across"]) == 0
    assert capsys.readouterr().out.count("learnt from the other subjects") == 2
    assert main(["sweep", *flags, "--detrend", "maybe", "--out", out]) == 2
    assert main(["sweep", *flags, "--estimator", "svc", "svm", "--out", out]) == 2
    assert "'svm'" in capsys.readouterr().err
    assert main(["sweep", *flags, "--conditions", "face", "--out", out]) == 2
    assert main(["sweep", *flags, "--seed", "-1", "--out", out]) == 2
    assert "A seed of -1" in capsys.readouterr().err
    assert main(["sweep", *flags, "--mask", "moon", "--out", str(tmp_path / "moon.parquet")]) == 2
    said = capsys.readouterr().err
    assert "1 of 2 rows has no score: Unknown mask 'moon' for subject 2" in said
    assert "no row has a score" in said
    assert main(["group", str(tmp_path / "none")]) == 2


def test_one_subject_is_no_group(table):
    """The message names it."""
    with pytest.raises(DecodingError, match="holds 1 only"):
        compare_subjects(table[1][table[1]["subject"] == "1"])


def test_no_scheduler_is_said(tmp_path, monkeypatch, capsys):
    """An address where nothing listens ends in one line."""
    monkeypatch.setattr("decoding.cli.sweep.PATIENCE", "1s")
    out = str(tmp_path / "F.parquet")
    assert main(["sweep", "--out", out, "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err


@pytest.mark.slow
def test_a_cluster_gives_the_same_table_though_a_worker_is_killed(tmp_path):
    """200 rows on two processes; one is killed at work, and its chunk is computed again."""
    from distributed import Client, LocalCluster

    masks = ["vt", "face", "house", "face_little", "house_little"]
    specs = expand({**LISTS, "mask": masks, "lag": [0.0, 2.5, 5.0]})
    assert len(specs) >= 200
    options = permute.Options(permutations=5)
    serial = tmp_path / "serial.parquet"
    with ThreadPoolExecutor(1) as thread:
        expected = sweep(specs, serial, thread, options=options)
    killed = []
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
        client.get_executor() as workers,
    ):
        pids = client.run(os.getpid)

        def kill(done, total):
            if not killed and 0.25 < done / total < 0.75:
                busy = [name for name, tasks in client.processing().items() if tasks]
                killed.append(busy[0])
                os.kill(pids[busy[0]], signal.SIGKILL)

        out = tmp_path / "F.parquet"
        rows = sweep(specs, out, workers, options=options, on_progress=kill)
        log = " ".join(text for _, text in client.get_scheduler_logs())
    assert killed
    assert "reschedule" in log or "Removing worker" in log
    pd.testing.assert_frame_equal(rows, expected)


def test_choices_read_the_rows(tmp_path, capsys):
    """A sweep's rows are a curve for each subject, with scores, p and moves of the rows."""
    specs = expand({
        "dataset": ["simulated"], "subject": ["1", "2"], "samples": ["block"],
        "detrend": [False, True], "estimator": ["ridge", "correlation"], "lag": [0.0, 500.0],
    })  # fmt: skip
    out = tmp_path / "F.parquet"
    rows = swept(specs, out)
    assert main(["choices", "--table", str(out), "--json"]) == 0
    curves = json.loads(capsys.readouterr().out)
    assert [one["spec"]["subject"] for one in curves] == ["1", "2"]
    for one in curves:
        own = rows[(rows["subject"] == one["spec"]["subject"]) & (rows["problem"] == "")]
        scores = sorted(own["accuracy"])
        assert [row["accuracy"] for row in one["combinations"]] == scores
        for row in one["combinations"]:
            (same,) = [
                cells for cells in own.to_dict("records")
                if all(cells[name] == row[name] for name in ("detrend", "estimator", "lag"))
            ]  # fmt: skip
            assert row["p_value"] == same["p_value"]
        by = own.set_index(["estimator", "detrend"])["accuracy"]
        moved = np.mean(
            [abs(by[name, True] - by[name, False]) for name in ("ridge", "correlation")]
        )
        assert one["moves"]["detrend"] == pytest.approx(moved)
        assert one["null"] is None and one["left_out"][0]["count"] == 4
        assert "try_estimator=ridge~correlation" in one["link"].replace("%7E", "~")
    assert main(["choices", "--table", str(out)]) == 0
    assert capsys.readouterr().out.count("n_combinations     4") == 2
    assert (
        main(["choices", "--table", str(out), "--mask", "vt", "--seed", "3", "--out", "c.csv"]) == 2
    )
    assert capsys.readouterr().err.strip().endswith("Leave out --seed, --mask and --out.")
    with pytest.raises(DecodingError, match=r"No row of the table has a score. .*lag"):
        curves_of(rows[rows["lag"] == 500.0])
