"""The project's own Lambda functions on a local AWS: the repository's code with the built bundle's packages."""

import contextlib
import io
import shutil
import zipfile
from pathlib import Path

from local_aws_testing.server import ROLE, Server
from tests.clone import ROOT
from tests.functions import handler


def make_real_function(server: Server, name: str, *, folder: Path, **environment: str) -> str:
    """Create our function of that name; returns its ARN. folder: an empty one to pack it in."""
    bundle = folder / "bundle"
    # All bundles hold the same packages, and this one is in every build.
    shutil.copytree(
        ROOT / "build" / "lambda" / "cleanup", bundle, ignore=shutil.ignore_patterns("lambda_src", "contracts")
    )
    shutil.copytree(ROOT / "lambda_src", bundle / "lambda_src")
    for part in ("contracts", "dataset_files"):
        shutil.copytree(ROOT / part, bundle / part)
    variables = {"ENVIRONMENT": "test", "POWERTOOLS_SERVICE_NAME": "test", **environment}
    functions = server.client("lambda")
    with contextlib.suppress(functions.exceptions.ResourceNotFoundException):
        functions.delete_function(FunctionName=name)  # another module's
    arn: str = functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE,
        Handler=handler(name),
        Code={"ZipFile": zipped(bundle)},
        Timeout=900,
        Architectures=["arm64"],
        Environment={"Variables": variables},
    )["FunctionArn"]
    return arn


def zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in folder.rglob("*.py"):
            archive.write(path, path.relative_to(folder))
    return buffer.getvalue()
