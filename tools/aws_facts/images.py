"""Collects what AWS publishes about its containers: `python -m tools.aws_facts.images CLONE [--sagemaker-core FOLDER]`.

CLONE: a clone of github.com/aws/deep-learning-containers, bare or not. FOLDER: site-packages with sagemaker-core in it.
Writes environments/aws/published.json: SageMaker images with tags, Python, system and end of patching, and the account
of the containers in each region.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT / "environments" / "aws" / "published.json"
SOURCE = "github.com/aws/deep-learning-containers"
REPOSITORIES = (
    *("pytorch", "pytorch-training", "pytorch-inference"),
    *("huggingface-pytorch-training", "huggingface-pytorch-inference"),
)
KEPT = ("version", "accelerator", "python", "cuda", "os", "ga", "eop", "tags")
_ACCOUNT = re.compile(r"^\| [^|]+ \| (?P<region>[a-z0-9-]+) \| (?P<account>\d{12}) \|$")
_CORE = "sagemaker/core/image_uri_config/pytorch-amzn2023.json"


class SourceError(Exception):
    """The source has another form than before; the message is one line."""


def _git(clone: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(clone), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SourceError(f"{clone}: {(done.stderr.strip().splitlines() or ['git failed'])[-1]}")
    return done.stdout


def accounts(table: str) -> dict[str, str]:
    """Region code to account, from the first table of docs/reference/region_availability.md."""
    _, _, after = table.partition("## Deep Learning Containers")
    matches = (_ACCOUNT.match(line) for line in after.partition("\n## ")[0].splitlines())
    by_region = {match["region"]: match["account"] for match in matches if match}
    if not by_region:
        raise SourceError("docs/reference/region_availability.md: no account in its first table")
    return by_region


def image(text: str, *, file: str) -> dict[str, Any] | None:
    """The facts of one file of docs/src/data; None for an image that is not for SageMaker."""
    facts = yaml.safe_load(text)
    if facts.get("platform") != "sagemaker":
        return None
    return {"file": file, "repository": file.split("/")[-2], **{key: facts[key] for key in KEPT if key in facts}}


def _images(clone: Path) -> Iterator[dict[str, Any]]:
    for repository in REPOSITORIES:
        for file in _git(clone, "ls-tree", "-r", "--name-only", "HEAD", f"docs/src/data/{repository}/").splitlines():
            facts = image(_git(clone, "show", f"HEAD:{file}"), file=file)
            if facts:
                yield facts


def containers(clone: Path) -> dict[str, Any]:
    """Everything that is taken from the clone, with its commit and that commit's day."""
    commit, date = _git(clone, "log", "-1", "--format=%H %cs").split()
    table = _git(clone, "show", "HEAD:docs/reference/region_availability.md")
    return {
        "source": SOURCE,
        "commit": commit,
        "date": date,
        "accounts": accounts(table),
        "images": list(_images(clone)),
    }


def sagemaker_core(packages: Path) -> dict[str, Any]:
    """AWS's Python SDK's data on the PyTorch images: accounts, and the tags and regions of each PyTorch version."""
    versions = json.loads((packages / _CORE).read_text(encoding="utf-8"))["training"]["versions"]
    [installed] = packages.glob("sagemaker_core-*.dist-info")
    return {
        "source": f"sagemaker-core {installed.name.split('-')[1].removesuffix('.dist')}: {_CORE}",
        "accounts": {region: account for known in versions.values() for region, account in known["registries"].items()},
        "versions": {
            version: {
                "tags": [f"{known['tag_prefix']}-{tag}" for tag in known["container_version"].values()],
                "regions": sorted(known["registries"]),
            }
            for version, known in versions.items()
        },
    }


def main(argv: list[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="aws_images", description="Reread what AWS publishes about its containers.")
    parser.add_argument("clone", type=Path, help="a clone of github.com/aws/deep-learning-containers, bare or not")
    parser.add_argument("--sagemaker-core", type=Path, metavar="FOLDER", help="site-packages with sagemaker-core in it")
    parser.add_argument("--out", type=Path, default=PUBLISHED, help="the file to write (default: %(default)s)")
    options = parser.parse_args(argv)
    try:
        before = json.loads(options.out.read_text(encoding="utf-8")) if options.out.exists() else {}
        core = sagemaker_core(options.sagemaker_core) if options.sagemaker_core else before.get("sagemaker_core")
        images = containers(options.clone)
    except (SourceError, OSError) as error:
        print(f"aws_images: {error}", file=sys.stderr)
        return 1
    published = {"containers": images, "sagemaker_core": core}
    options.out.write_text(json.dumps(published, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"aws_images: {len(images['images'])} images written to {options.out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
