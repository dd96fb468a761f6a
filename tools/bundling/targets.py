"""The assets to build, with the inputs and the build function of each."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.bundling import archive, contracts, mongodb, native, packages
from tools.bundling.errors import BundleError

GENERATED_ROWS = 4000
GENERATED_SEED = 7
GENERATORS = "model_code/dataset_generator"
MONGODB_REQUIREMENTS = "lambda_src/common/features/mongodb/requirements.txt"
WITH_OPENAPI = {"classify", "examples", "labelling", "meta", "request_log_api"}
# A part of lambda_src/common that only the functions get which import it: no other has features, nor their contracts.
FEATURES = "common/features"
BUILT_LIBRARIES = "model_code/serving/engines/native/built"
LEAN_IMAGE_SOURCES = ("model_code/__init__.py", "model_code/serving")


@dataclass(frozen=True)
class Target:
    """An asset: `path` under the build folder, the source paths it is made of, and `make(root, cache, target)`."""

    name: str
    path: str
    inputs: tuple[str, ...]
    make: Callable[[Path, Path, Path], None]


def _need(path: Path) -> Path:
    if not path.exists():
        raise BundleError(f"{path}: not found")
    return path


def functions(root: Path) -> dict[str, Path]:
    """The Lambda functions by name: the folders of lambda_src, or of a group in it, that hold a handler.py.

    Relative to `root`, such as `lambda_src/pipeline/gate`. Raises BundleError where two have the same name.
    """
    handlers = (file for pattern in ("*/handler.py", "*/*/handler.py") for file in (root / "lambda_src").glob(pattern))
    folders: dict[str, Path] = {}
    for folder in sorted(handler.parent.relative_to(root) for handler in handlers):
        if folder.name in folders:
            raise BundleError(f"{folder}: {folders[folder.name]} has the same name; rename one of the two")
        folders[folder.name] = folder
    return folders


def _openapi_json(root: Path) -> str:
    try:
        import yaml
    except ModuleNotFoundError:
        raise BundleError(f"{sys.executable} has no PyYAML: run this with .venv/bin/python (make build does)") from None
    source = _need(root / "contracts/openapi.yaml")
    try:
        document = yaml.safe_load(source.read_text())
    except yaml.YAMLError as error:
        raise BundleError(f"{source}: {' '.join(str(error).split())}") from None
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=str) + "\n"


def _copy_contracts(files: Iterable[Path], *, root: Path, target: Path) -> None:
    """Copy the modules of contracts/ that the files import to `target`."""
    for name in contracts.needed(files, root=root):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target / name)


def make_lambdas(root: Path, cache: Path, target: Path) -> None:
    """A folder for each function: common code, its own, the modules of contracts/ they need, and the packages."""
    folders = functions(root)
    if not folders:
        raise BundleError(f"{root / 'lambda_src'}: no function with a handler.py in it")
    openapi = _openapi_json(root)
    third_party = packages.installed(root / "lambda_src/requirements.txt", platform=packages.PURE_PYTHON, cache=cache)
    for name, folder in folders.items():
        code = target / name / "lambda_src"
        shutil.copytree(third_party, target / name)
        for package in reversed(folder.parents[:-1]):
            (target / name / package).mkdir()
            shutil.copyfile(_need(root / package / "__init__.py"), target / name / package / "__init__.py")
        archive.copy_tree(_need(root / "lambda_src/common"), code / "common")
        archive.copy_tree(root / folder, target / name / folder)
        if not uses_features(code):
            shutil.rmtree(code / FEATURES, ignore_errors=True)
        _copy_contracts(code.rglob("*.py"), root=root, target=target / name)
        if name in WITH_OPENAPI:
            (code / "openapi.json").write_text(openapi)
    archive.make_uniform(target)


def uses_features(code: Path) -> bool:
    """Whether anything of a function but the feature store itself imports it."""
    package = f"lambda_src.{FEATURES.replace('/', '.')}".encode()
    files = (file for file in code.rglob("*.py") if not file.is_relative_to(code / FEATURES))
    return any(package in file.read_bytes() for file in files)


def make_mongodb_layer(root: Path, cache: Path, target: Path) -> None:
    """The layer of functions that speak to MongoDB: the driver for Python 3.13 on Arm, and DocumentDB's authority.

    The driver's compiled part is left out elsewhere, as on the local AWS: it has the same in Python.
    """
    third_party = packages.installed(root / MONGODB_REQUIREMENTS, platform=packages.LAMBDA, cache=cache)
    shutil.copytree(third_party, target / "python")
    (target / mongodb.BUNDLE).write_bytes(mongodb.certificates(root))
    archive.make_uniform(target)


def make_native(root: Path, cache: Path, target: Path) -> None:
    """The compiled C library, as the model servers of a clone load it."""
    archive.copy_tree(native.compiled(root, cache), target)
    archive.make_uniform(target)


def make_sourcedir(root: Path, cache: Path, target: Path) -> None:
    """The training container's source: all of model_code, what that needs of contracts/ and dataset_files/, and at the
    root what SageMaker is to install, as requirements.txt: the lock, with a hash for each package.
    """
    folder = _need(root / "model_code")
    sources = archive.source_files(folder)
    members = [(file.relative_to(root).as_posix(), file) for file in sources]
    members += [(name, root / name) for name in contracts.needed(sources, root=root)]
    members += [(f"{BUILT_LIBRARIES}/{file.name}", file) for file in native.compiled(root, cache).iterdir()]
    packages.check_lock(_need(folder / "training/requirements.lock"), of=_need(folder / "training/requirements.txt"))
    archive.tar_gz(target, [*members, ("requirements.txt", folder / "training/requirements.lock")])


def make_serving_vendor(root: Path, cache: Path, target: Path) -> None:
    """The serving dependencies, unpacked for the Hugging Face container, which has no internet to install them from."""
    folder = packages.installed(
        root / "model_code/serving/requirements.txt", platform=packages.SERVING_IMAGE, cache=cache
    )
    files = [file for file in folder.rglob("*") if file.is_file()]
    archive.tar_gz(target, [(file.relative_to(folder).as_posix(), file) for file in files])


def make_lean_image(root: Path, cache: Path, target: Path) -> None:
    """The inputs of the lean container's image: the Dockerfile and the files that it copies."""
    for name in LEAN_IMAGE_SOURCES:
        source, copy = _need(root / name), target / name
        if source.is_dir():
            archive.copy_tree(source, copy)
        else:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
    _copy_contracts(target.rglob("*.py"), root=root, target=target)
    archive.copy_tree(native.compiled(root, cache), target / BUILT_LIBRARIES)
    archive.make_uniform(target)


def _generated(script: str) -> Callable[[Path, Path, Path], None]:
    """A generated dataset, for environments without their own."""

    def make(root: Path, cache: Path, target: Path) -> None:
        file = _need(root / script)
        options = ["--output", str(target), "--rows", str(GENERATED_ROWS), "--seed", str(GENERATED_SEED)]
        done = subprocess.run([sys.executable, str(file), *options], capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no output"])[-1]
            raise BundleError(f"{file}: {last}")

    return make


NATIVE = Target("native", "native", (native.SOURCE,), make_native)
TARGETS = [
    NATIVE,
    Target("lambda", "lambda", ("lambda_src", contracts.PACKAGE), make_lambdas),
    Target("training", "training/sourcedir.tar.gz", ("model_code", *contracts.PACKAGES), make_sourcedir),
    Target("dataset", "dataset/headlines.csv", (GENERATORS,), _generated(f"{GENERATORS}/generate_headlines.py")),
    Target("reviews", "dataset/reviews.csv", (GENERATORS,), _generated(f"{GENERATORS}/generate_reviews.py")),
]
SERVING_VENDOR = Target(
    "serving-vendor", "serving/vendor.tar.gz", ("model_code/serving/requirements.txt",), make_serving_vendor
)
LEAN_IMAGE = Target("lean-image", "serving/image", (*LEAN_IMAGE_SOURCES, contracts.PACKAGE), make_lean_image)
# For features.store: mongodb.
MONGODB_LAYER = Target("mongodb-layer", "layers/mongodb", (MONGODB_REQUIREMENTS, mongodb.SOURCE), make_mongodb_layer)
# By serving.container.
SERVING = {"huggingface": SERVING_VENDOR, "lean": LEAN_IMAGE}
