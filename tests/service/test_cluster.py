"""Work on a cluster: the same result wherever it is done, and always done somewhere."""

import logging
import os
import pickle
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from decoding.analyses import across, decode, permute
from decoding.analyses.searchlight import analysis as searchlight
from decoding.datasets import load_subject
from decoding.errors import Cancelled, DecodingError, UnknownChoiceError
from decoding.service import cluster as clusters
from decoding.service.cluster import Cluster
from decoding.service.jobs import JobRunner
from decoding.spec import DecodingSpec
from decoding.work import OtherDataError, Work

SPEC = DecodingSpec(dataset="simulated", subject="1", samples="block")
PATIENCE = 60.0


def work_for(analysis, spec=SPEC, options=None):
    """Return an analysis as the pages hand it over, and its result here."""
    subject = load_subject(spec.dataset, spec.subject)
    request = analysis.request(spec, options)
    work = Work(request=request, reading=spec.reading, version=subject.version, subject=subject)
    return work, (request, subject.version)


def test_where_no_scheduler_answers_work_is_done_here(caplog, monkeypatch):
    """The log says so, each time; the work's own errors are its own."""
    monkeypatch.setattr(clusters, "PATIENCE_S", 0.2)
    cluster = Cluster("tcp://127.0.0.1:9")
    queue = JobRunner(max_workers=4, backend=cluster)
    with caplog.at_level(logging.WARNING, clusters.LOG.name):
        for name in ("one", "two"):
            assert queue.ask(name, lambda report: "done").result(PATIENCE) == "done"
    assert caplog.text.count("tcp://127.0.0.1:9 does not do it") == 2

    def refuse(report):
        raise UnknownChoiceError("mask", "vt2", ["vt"])

    with pytest.raises(UnknownChoiceError, match="vt2"):
        queue.ask("three", refuse).result(PATIENCE)
    queue.close()


def test_what_has_an_owner_stays_here_one_at_a_time(monkeypatch):
    """However many threads hand work to the cluster."""
    cluster, at_work, most = Cluster("tcp://127.0.0.1:9"), [], []
    monkeypatch.setattr(cluster, "_there", lambda *_: pytest.fail("it was sent"))
    queue = JobRunner(max_workers=4, backend=cluster)

    def work(report):
        at_work.append(1)
        most.append(len(at_work))
        time.sleep(0.01)
        at_work.pop()
        return threading.current_thread().name

    jobs = [queue.ask(number, work, owner="somebody") for number in range(6)]
    names = {job.result(PATIENCE) for job in jobs}
    assert max(most) == 1
    assert len(names) > 1
    queue.close()


def test_work_travels_without_its_data():
    """It opens the subject itself and refuses another version; errors come back as they were."""
    work, _ = work_for(decode.ANALYSIS)
    sent = pickle.dumps(work)
    assert len(sent) < 2000
    there = pickle.loads(sent)
    assert there.subject is None
    assert there().fold_scores == work().fold_scores
    with pytest.raises(OtherDataError, match="other files"):
        replace(there, version="another")()
    with pytest.raises(OtherDataError, match="no_such"):
        request = replace(work.request, spec=replace(SPEC, subject="no_such"))
        replace(there, request=request)()
    with pytest.raises(OtherDataError, match="do not travel"):
        pickle.dumps(about_others(work))
    errors = DecodingError("No.", remedy="Yes."), UnknownChoiceError("mask", "vt2", ["vt"])
    for error in errors:
        back = pickle.loads(pickle.dumps(error))
        assert (type(back), str(back), back.remedy) == (type(error), str(error), error.remedy)


def about_others(work):
    """Return work whose options hold another subject, as those of `across` do."""
    other = across.Other(name="1", version=work.version, subject=work.subject)
    options = across.Options(others=(other,), masks=(), pairs=())
    return replace(work, request=replace(work.request, options=options))


class Slow:
    """Work that lasts until a file is there, and writes who has begun it."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, report):
        """Do the work."""
        (self.folder / f"begun-{os.getpid()}").touch()
        while not (self.folder / "go").exists():
            report(1, 2, "half")
            time.sleep(0.1)
        return "slow"

    def begun(self):
        """Return the processes that have begun it, once there are any."""
        until(lambda: list(self.folder.glob("begun-*")))
        return [int(path.name.partition("-")[2]) for path in self.folder.glob("begun-*")]


def until(condition):
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def assert_same(ours, theirs):
    """Compare two results field by field, times aside."""
    for name, value in vars(ours).items():
        other = getattr(theirs, name)
        if name == "seconds":
            continue
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, other)
        elif hasattr(value, "__dict__"):
            assert_same(value, other)
        else:
            assert pickle.dumps(value) == pickle.dumps(other) or value == other, name


@pytest.mark.slow
def test_a_real_cluster(tmp_path, caplog, monkeypatch):
    """The same results; a killed worker's job is done by another; what is left stops."""
    from distributed import LocalCluster

    monkeypatch.setattr(clusters, "LOST_S", 2.0)
    port = 18786
    local = {"threads_per_worker": 1, "dashboard_address": None, "scheduler_port": port}
    cluster = Cluster(f"tcp://127.0.0.1:{port}")
    queue = JobRunner(max_workers=4, backend=cluster)
    small = replace(SPEC, mask="face_little", estimator="gnb")
    asked = [
        work_for(permute.ANALYSIS, options=permute.Options(permutations=30)),
        work_for(searchlight.ANALYSIS, small, searchlight.Options(permutations=4)),
    ]
    with caplog.at_level(logging.WARNING, clusters.LOG.name):
        with LocalCluster(n_workers=2, **local):
            for work, key in asked:
                assert_same(work(), queue.ask(key, work).result(PATIENCE))
            with pytest.raises(DecodingError, match="hippocampus"):
                work, key = work_for(decode.ANALYSIS, replace(SPEC, mask="hippocampus"))
                queue.ask(key, work).result(PATIENCE)

            killed = Slow(tmp_path / "killed")
            killed.folder.mkdir()
            job = queue.ask("killed", killed)
            (first,) = killed.begun()
            assert first != os.getpid()
            until(lambda: job.progress.message == "half")
            os.kill(first, signal.SIGKILL)
            until(lambda: len(killed.begun()) == 2)
            (killed.folder / "go").touch()
            assert job.result(PATIENCE) == "slow"
            assert os.getpid() not in killed.begun()

            left = Slow(tmp_path / "left")
            left.folder.mkdir()
            job = queue.ask("left", left, visitor="one")
            left.begun()
            queue.leave("left", visitor="one")
            with pytest.raises(Cancelled):
                job.result()
            until(lambda: not any(cluster._client.processing().values()))
            assert "done here" not in caplog.text
            work, _ = work_for(decode.ANALYSIS)
            queue.ask("others", about_others(work)).result(PATIENCE)
            assert "done here" in caplog.text
            caplog.clear()

            lost = Slow(tmp_path / "lost")
            lost.folder.mkdir()
            job = queue.ask("lost", lost)
            lost.begun()
        until(lambda: os.getpid() in lost.begun())
        (lost.folder / "go").touch()
        assert job.result(PATIENCE) == "slow"
        assert "done here" in caplog.text
        with LocalCluster(n_workers=1, **local):
            assert queue.ask("again", WhereAmI()).result(PATIENCE) != os.getpid()
    queue.close()


class WhereAmI:
    """Work that tells who does it."""

    def __call__(self, report):
        """Return the process."""
        return os.getpid()
