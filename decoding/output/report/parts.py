"""What a report shows, computed."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from decoding.analyses import check, decode, permute, replay, weights
from decoding.analyses.check import CheckResult
from decoding.analyses.choices import analysis as choices
from decoding.analyses.choices.result import ChoicesResult
from decoding.analyses.controls import analysis as controls
from decoding.analyses.controls.analysis import ControlsResult
from decoding.analyses.plan import analysis as plan
from decoding.analyses.plan.analysis import PlanResult
from decoding.analyses.record import NO, Tried
from decoding.analyses.replay import ReplayResult
from decoding.datasets.base import Subject
from decoding.errors import DecodingError, SpecError
from decoding.output.script.program import make_script
from decoding.output.text.remedies import honest_spec
from decoding.progress import Progress
from decoding.results import DecodingResult, PermutationResult, WeightMaps
from decoding.spec import DecodingSpec

CURVE_S = 30.0
"""The combinations of choices are computed where they take no longer."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ReportParts:
    """Everything a report shows, computed.

    Parameters
    ----------
    maps : WeightMaps or None
        None where the estimator has no weights.
    data_dir : str or None
        The script's default folder; None: where the recording lies now.
    address : str
        The analysis' own in the app; empty where it is unknown.
    tried : collection or None
        What was scored of this recording in the same session; None where that is not known.
    lag_note : str
        How the lag was chosen; empty where that is not known.
    lag_chosen : bool
        Whether its score chose it.
    honest : DecodingResult or None
        The same decoding without what is wrong with it; None where nothing is, or nothing helps.
    replayed : ReplayResult or None
        A held-out run scan by scan; None where there is no time, or the samples are betas.
    others : ControlsResult or None
        What else could tell the categories apart; None where nobody has asked, or it cannot be, as
        are the next two.
    curve : ChoicesResult or None
        Every usual combination of choices.
    planned : PlanResult or None
        A study like this one.
    named : tuple of str
        The categories in the order of the page.
    """

    subject: Subject
    checks: CheckResult
    result: DecodingResult
    test: PermutationResult
    maps: WeightMaps | None
    data_dir: str | None = None
    address: str = ""
    tried: Collection[Tried] | None = None
    lag_note: str = ""
    lag_chosen: bool = False
    honest: DecodingResult | None = None
    replayed: ReplayResult | None = None
    others: ControlsResult | None = None
    curve: ChoicesResult | None = None
    planned: PlanResult | None = None
    named: tuple[str, ...] = ()

    @property
    def script(self) -> str:
        """The program that makes the same scores and the same null."""
        null = self.test.null
        return make_script(
            self.subject,
            self.result.spec,
            self.data_dir,
            n_relabellings=None if null.exact else null.n_relabellings,
            exact=null.exact,
            seed=null.seed or 0,
        )


def compute_report(
    subject: Subject,
    spec: DecodingSpec,
    options: permute.Options,
    on_progress: Progress | None = None,
) -> ReportParts:
    """Compute what a report shows."""
    maps, honest, replayed, curve, planned = None, None, None, None, None
    with suppress(SpecError):  # the estimator has no weights
        maps = weights.run(subject, spec)
    with suppress(SpecError):  # betas, or images that are no series in time
        replayed = replay.run(subject, spec, replay.Options())
    with suppress(DecodingError):  # a scheme that leaks, or nothing to combine
        curve = _short_curve(subject, spec, options)
    with suppress(DecodingError):  # more than two categories, or too few runs
        planned = plan.run(subject, spec, plan.Options())
    if (right := honest_spec(subject, spec)) is not None:
        with suppress(SpecError):  # too few runs for it
            honest = decode.run(subject, right)
    return ReportParts(
        subject=subject,
        result=decode.run(subject, spec),
        honest=honest,
        replayed=replayed,
        test=permute.run(subject, spec, options, on_progress),
        checks=check.run(subject, spec),
        maps=maps,
        others=controls.run(subject, spec, _few_controls(spec, options)),
        curve=curve,
        planned=planned,
    )


def _short_curve(
    subject: Subject, spec: DecodingSpec, options: permute.Options
) -> ChoicesResult | None:
    """Return the usual combinations of choices; None where they take long."""
    number = min(choices.RELABELLINGS, options.permutations or choices.RELABELLINGS)
    own = choices.usual_options(spec, number, options.seed)
    if choices.ANALYSIS.seconds(subject, spec, own) > CURVE_S:
        return None
    return choices.run(subject, spec, own)


def _few_controls(spec: DecodingSpec, options: permute.Options) -> controls.Options:
    """Return the controls of a report: those that take no minutes, on few relabellings."""
    most = controls.FEWEST if permute.takes_minutes(spec) else controls.RELABELLINGS
    number = min(most, options.permutations or most)
    return controls.Options(permutations=number, seed=options.seed, choosing=NO)
