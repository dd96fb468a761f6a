"""The server: MiniStack with our patches and services, on one port, with its state in one folder."""

import importlib
import json
import os
import shutil
import sys
from dataclasses import asdict

from local_aws import private_api
from local_aws.server import environment, lifecycle


def serve() -> int:
    """Run until SIGTERM or SIGINT; an error prints one line and gives exit status 1.

    Environment: LOCAL_AWS_FOLDER (the state folder), LOCAL_AWS_PORT[4566], BIND_HOST[127.0.0.1], and the variables
    listed in README.md.
    """
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


def check() -> int:
    """Print MiniStack's private names as JSON; the exit status is 1 if one has moved."""
    problems = _moved()
    rows = [
        {key: value for key, value in asdict(name).items() if key in ("module", "attribute", "purpose")}
        | {"problem": name.check()}
        for name in private_api.declared()
    ]
    versions = {"pinned": private_api.PINNED_VERSION, "installed": private_api.installed_version()}
    print(json.dumps({**versions, "names": rows}, indent=2))
    return _fail(*problems) if problems else 0


def _serve() -> None:
    from local_aws import gate, patches
    from local_aws.server import services

    lifecycle.install()
    patches.install()
    services.register()
    gate.install()
    # MiniStack also reads the command line: hide ours.
    sys.argv = ["ministack"]
    importlib.import_module("ministack.app").main()


def _moved() -> list[str]:
    """Import all modules that declare private names; return one sentence for each that is not as pinned."""
    version = private_api.check_version()
    try:
        for module in ("local_aws.gate", "local_aws.patches", "local_aws.server.services"):
            importlib.import_module(module)
    except ImportError as error:
        if not str(getattr(error, "name", "")).startswith("ministack"):
            raise
        return [problem for problem in (version, f"MiniStack has changed: {error}.") if problem]
    return ([version] if version else []) + private_api.check_all()


def _fail(*sentences: str) -> int:
    for sentence in sentences:
        print(f"local-aws: {sentence}", file=sys.stderr)
    return 1
