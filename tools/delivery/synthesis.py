"""`make assembly`: every environment in one synth, the assembly's archive and its digest."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.delivery import assembly, cdk
from tools.delivery.cdk import ROOT
from tools.delivery.errors import FAILED, USAGE, DeliveryError


def synthesise(environments: Sequence[str], *, build: Path) -> str:
    """Build, synthesise into `build/assembly`, and write `assembly.tar` and `assembly.sha256` beside it: the digest.

    The CLI's own build step is left out: it would build for one environment only.
    """
    if not environments:
        raise DeliveryError('Which environments? make assembly ENVS="dev prod"', status=USAGE)
    folder = build / "assembly"
    shutil.rmtree(folder, ignore_errors=True)
    for environment in environments:
        bundled = subprocess.run(
            [sys.executable, str(ROOT / "tools/bundle.py"), "--env", environment], cwd=ROOT, check=False
        )
        if bundled.returncode:
            raise DeliveryError(f"The build for {environment} failed; its error is above", status=USAGE)
    context = ("-c", f"env={','.join(environments)}")
    if cdk.run(["synth", "--quiet", "--build", "", *context, "--output", str(folder)]):
        raise DeliveryError("cdk synth failed; its error is above", status=FAILED)
    digest = assembly.digest(folder)
    assembly.pack(folder, build / "assembly.tar")
    (build / "assembly.sha256").write_text(f"{digest}  assembly\n", encoding="utf-8")
    return digest


def checked(build: Path, *, expected: str = "") -> str:
    """The digest of `build/assembly`, which is unpacked first where only its archive is there.

    expected: the digest that a job before this one has named; "" for that in `assembly.sha256`. Raises DeliveryError if
    the bytes are others.
    """
    folder, archive, noted = build / "assembly", build / "assembly.tar", build / "assembly.sha256"
    if not folder.is_dir():
        if not archive.is_file():
            raise DeliveryError(
                f'{folder} is missing: make assembly ENVS="dev prod" makes it, a later job takes it from the first one',
                status=USAGE,
            )
        assembly.unpack(archive, folder)
    if not expected:
        try:
            expected = noted.read_text(encoding="utf-8").split()[0]
        except (OSError, IndexError):
            raise DeliveryError(f"{noted} is missing: make assembly writes it", status=USAGE) from None
    found = assembly.digest(folder)
    if found != expected:
        raise DeliveryError(
            f"{folder} has the digest {found}, and {expected} is to be deployed: take the artifact of the run that "
            "made it",
            status=USAGE,
        )
    return found
