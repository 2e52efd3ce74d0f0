"""A run replayed, as lines of the exported program: they write ``replay.csv``."""

from textwrap import dedent


def watch_code(run: int) -> str:
    """Return the lines that keep each scan of a run, prepared as the samples are."""
    return dedent(f"""
        # Every scan of run {run}, rest included
        watched = run == {run}
        scans = X[watched]
        """).strip()


def replay_code(run: int, t_r: float, groups: str, *, has_confounds: bool) -> str:
    """Return the lines that name these scans by a model of the other runs.

    Parameters
    ----------
    groups : str
        What an estimator with folds of its own is fitted with besides, of the samples ``others``.
    has_confounds : bool
        Whether scans may have been left out: these get no row.
    """
    left_in = "replay = replay[kept[watched]]\n        " if has_confounds else ""
    return dedent(f"""
        # What a model of the other runs says of each scan of run {run}
        others = runs != {run}
        model = clone(estimator).fit(X[others], y[others]{groups})
        decide = getattr(model, "decision_function", None) or model.predict_proba
        decisions = decide(scans)
        if decisions.ndim == 1:
            decisions = np.stack([-decisions, decisions], axis=1)
        replay = pd.DataFrame({{"shown": condition[watched], "decoded": model.predict(scans)}})
        replay.insert(0, "time", {t_r!r} * np.arange(len(scans)))
        for name, decision in zip(model.classes_, decisions.T):
            replay[f"decision_{{name}}"] = decision
        {left_in}replay.to_csv(here / "replay.csv", index=False)
        """).strip()
