"""A separate Python environment for a job: the containers' Python's packages plus those that the job installs.

On AWS, a job's `pip install` writes into its container. Here it writes into this environment, which is deleted with the
job. pip sees the packages of the containers' Python, so it does not install them again, but it cannot change them.
"""

import os
import subprocess
from pathlib import Path

_PACKAGES = "import sysconfig; print(sysconfig.get_path('purelib'))"
_PIP = '#!/bin/sh\nexec "$(dirname "$0")/python" -m pip "$@"\n'
_SECONDS = 120.0


def make(folder: Path) -> dict[str, str]:
    """Create the environment in `folder`, with its programs in `folder`/bin, and return the variables to use it.

    Does nothing if LOCAL_AWS_CONTAINER_PYTHON is not set.

    Raises OSError with Python's message if the environment cannot be created.
    """
    python = os.environ.get("LOCAL_AWS_CONTAINER_PYTHON")
    if not python:
        return {}
    _run([python, "-m", "venv", "--without-pip", "--symlinks", str(folder)])
    [packages] = folder.glob("lib/python*/site-packages")
    # Use addsitedir instead of a bare path: it also reads the .pth files there.
    below = _run([python, "-c", _PACKAGES]).strip()
    (packages / "local-aws.pth").write_text(f"import site; site.addsitedir({below!r})\n", encoding="utf-8")
    for name in ("pip", "pip3"):
        (folder / "bin" / name).write_text(_PIP, encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)
    return {
        # For programs that start with the containers' Python, such as torchrun.
        "PYTHONPATH": str(packages),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
    }


def _run(command: list[str]) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command, env=clean, capture_output=True, text=True, check=False, timeout=_SECONDS, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise OSError(f"a Python environment for the job could not be made: {reason}")
    return done.stdout
