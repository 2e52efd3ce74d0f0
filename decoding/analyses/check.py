"""Design checks, before any score is believed: what is wrong, why it matters, what to do."""

from dataclasses import asdict, dataclass
from typing import Any

from decoding.analyses.checks import CHECKS
from decoding.analyses.checks.design import Design, Status
from decoding.analyses.decode import check_fits, estimator_for
from decoding.analyses.record import Analysis
from decoding.cross_validation import make_folds
from decoding.datasets.base import Subject
from decoding.numbers import number_text
from decoding.progress import Progress
from decoding.samples.extract import extract_samples
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question about the design, by its name, and in its message what was found.

    Where it warns or fails the message also says why it matters, and what to do.
    """

    check: str
    status: Status
    message: str

    @property
    def title(self) -> str:
        """Its name as people read it."""
        return CHECKS[self.check][0]


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """All checks of a spec, in the order in which they are read."""

    spec: DecodingSpec
    checks: tuple[Check, ...]

    @property
    def worst(self) -> Status:
        """The worst status among the checks that apply."""
        return next((status for status, n in self.counts.items() if n > 0), "pass")

    @property
    def counts(self) -> dict[Status, int]:
        """How many checks have each status, the worst first."""
        statuses: tuple[Status, ...] = ("fail", "warn", "pass", "moot")
        return {one: sum(check.status == one for check in self.checks) for one in statuses}

    @property
    def summary(self) -> str:
        """How many checks fail, warn and pass, and how many have nothing to look at, in words."""
        said = {"fail": "failed", "warn": "", "pass": "passed", "moot": "not applicable"}
        return ", ".join(
            f"{n} {said[status]}" if said[status] else number_text(n, "warning")
            for status, n in self.counts.items()
            if n > 0
        )

    @property
    def sentence(self) -> str:
        """The summary as a sentence; a check that has nothing to look at counts as none passed."""
        if self.counts["pass"] == len(self.checks):
            return f"All {len(self.checks)} design checks passed."
        return f"Design checks: {self.summary}."

    def as_json(self) -> list[dict[str, Any]]:
        """Return what ``check --json`` prints; there a moot check passes, and says what it is."""
        rows = [asdict(check) for check in self.checks]
        for row in rows:
            if row["status"] == "moot":
                row |= {"status": "pass", "message": f"Not applicable. {row['message']}"}
        return rows


def run(
    subject: Subject, spec: DecodingSpec, options: None = None, on_progress: Progress | None = None
) -> CheckResult:
    """Check the design of a spec."""
    samples = extract_samples(subject, spec, on_progress)
    folds = make_folds(spec.cv, samples.y, samples.runs)
    check_fits(estimator_for(spec, samples), samples, folds)
    design = Design(subject=subject, spec=spec, samples=samples, folds=folds)
    findings = ((name, *look(design)) for name, (_, look) in CHECKS.items())
    checks = tuple(
        Check(check=name, status=s, message=subject.worded(text)) for name, s, text in findings
    )
    return CheckResult(spec=spec, checks=checks)


ANALYSIS = Analysis(
    name="check",
    question="Is the design sound enough for a score to mean something?",
    run=run,
    command=True,
)
