"""Files that come from the mirror are checked before anything uses them."""

from __future__ import annotations

from pathlib import Path

from contracts.deployment import mirror
from model_code.training.errors import TrainingError

_REMEDY = "`rubric mirror --check` says what is wrong in the mirror, `rubric mirror` repairs it"


def check(base_model: Path | None, *, sums_sha256: str) -> None:
    """TrainingError unless the channel's files are those of the SHA256SUMS that the run was prepared with.

    ``base_model``: the channel's folder. ``sums_sha256``: "" if its files are not the mirror's. Packages are checked by
    pip, which installs nothing without its hash (requirements.lock).
    """
    if not sums_sha256:
        return
    file = (base_model or Path()) / mirror.SUMS
    if base_model is None or not file.is_file():
        raise TrainingError(f"the channel base_model has no {mirror.SUMS}; {_REMEDY}")
    if mirror.digest_of(file) != sums_sha256:
        raise TrainingError(
            f"the {mirror.SUMS} of the base model is not the one that this run was prepared with: the mirror was "
            "filled meanwhile, so start the run again"
        )
    try:
        digests = mirror.read_sums(file.read_text("utf-8", errors="replace"))
    except mirror.SumsError as error:
        raise TrainingError(f"in the channel base_model, {error}; {_REMEDY}") from error
    for fault in mirror.faults(base_model, digests):
        raise TrainingError(f"of the base model's files in the channel base_model, {fault}; {_REMEDY}")
