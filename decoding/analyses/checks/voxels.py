"""Whether the voxels of the mask are worth decoding."""

from decoding.analyses.checks.design import Design, Finding, Status
from decoding.numbers import number_text


def varying_voxels(design: Design) -> Finding:
    """Count voxels that never vary, and values that are no numbers."""
    n, total = design.samples.n_constant, design.samples.X.shape[1]
    broken = design.samples.n_not_finite
    if n == broken == 0:
        return "pass", "Every voxel of the mask varies, and all its values are numbers."
    found = [f"Voxels that never vary: {n} of {total}; they count as 0."] if n else []
    if broken:
        found.append(
            f"Voxels with values that are no numbers: {broken} of {total}; these count as 0."
        )
    status: Status = "warn" if max(n, broken) < total / 2 else "fail"
    return status, f"{' '.join(found)} Check that the mask lies within the scanned volume."


def chosen_voxels(design: Design) -> Finding:
    """Ask that fewer voxels are chosen than there are."""
    asked, total = design.spec.select, design.samples.X.shape[1]
    if not asked:
        return "pass", "All voxels of the mask are decoded."
    if asked < total:
        return "pass", f"{asked} of {total} voxels are chosen, inside each training fold."
    return "warn", (
        f"{number_text(asked, 'voxel')} should be chosen, and the mask has {total}: all of them "
        f"are decoded. Choose fewer than {total}, or a larger mask."
    )
