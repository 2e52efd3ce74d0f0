"""How many threads our compiled work takes."""

from decoding.service.threads import n_threads


def test_threads_are_those_that_were_set_or_the_cores_there_are(monkeypatch):
    """``OMP_NUM_THREADS`` decides where it is a number; else joblib, which knows quotas."""
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    for configured, expected in {"3": 3, "": 1, "0": 1, "many": 1}.items():
        monkeypatch.setenv("OMP_NUM_THREADS", configured)
        assert n_threads() == expected
