"""`python -m local_aws.server`: MiniStack with the mends and SageMaker, on one port, with its state in one folder.

Environment: GATEWAY_PORT[4566], RUBRIC_LOCAL_DIR (state folder), BIND_HOST[127.0.0.1], and what
local_aws.server.sagemaker reads. `--check-seams` prints the seams as JSON and exits 1 when one has moved.
"""

import argparse
import importlib
import json
import os
import shutil
import sys
from dataclasses import asdict

from local_aws.server import environment, lifecycle, seams


def main() -> int:
    """Run until SIGTERM or SIGINT; the exit status is 1 after a one-line error."""
    parser = argparse.ArgumentParser(prog="python -m local_aws.server", description=__doc__)
    parser.add_argument("--check-seams", action="store_true", help="print the seams as JSON; exit 1 when one moved")
    if parser.parse_args().check_seams:
        return _check_seams()
    try:
        lock = environment.prepare()
    except environment.StartError as error:
        return _fail(str(error))
    with lock:
        problems = _moved()
        if problems:
            return _fail(*problems)
        _serve()
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    return 0


def _serve() -> None:
    from local_aws.server import gate, mends, sagemaker

    lifecycle.install()
    mends.install()
    sagemaker.register()
    gate.install()
    # MiniStack reads the command line too: it must not see ours.
    sys.argv = ["ministack"]
    importlib.import_module("ministack.app").main()


def _moved() -> list[str]:
    """Import all that declares a seam and return one sentence for each thing that is not as pinned."""
    version = seams.check_version()
    try:
        importlib.import_module("local_aws.server.gate")
        importlib.import_module("local_aws.server.mends")
        importlib.import_module("local_aws.server.sagemaker")
    except ImportError as error:
        if not str(getattr(error, "name", "")).startswith("ministack"):
            raise
        return [problem for problem in (version, f"MiniStack has changed: {error}.") if problem]
    return ([version] if version else []) + seams.check_all()


def _check_seams() -> int:
    problems = _moved()
    rows = [
        {key: value for key, value in asdict(seam).items() if key in ("module", "attribute", "purpose")}
        | {"problem": seam.check()}
        for seam in seams.declared()
    ]
    print(json.dumps({"pinned": seams.PINNED_VERSION, "installed": seams.installed_version(), "seams": rows}, indent=2))
    return _fail(*problems) if problems else 0


def _fail(*sentences: str) -> int:
    for sentence in sentences:
        print(f"local-aws: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
