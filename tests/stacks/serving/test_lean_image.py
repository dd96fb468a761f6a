"""Tests the lean container's image: built by Docker or in the account, and named by its sources."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import aws_cdk as cdk
import pytest

from environments.aws.images import known
from stacks.deployment import MissingBuildError
from stacks.serving.lean_image import BUILDSPEC, DOCKERFILE, image_tag, serving_image
from tests.clone import share_cache
from tests.stacks.conftest import REPOSITORY, Synthesised
from tests.stacks.policies import listed
from tests.stacks.serving.templates import changed, model_image, policy_of, registered_image, text_of
from tools.bundling import build, targets


def test_sagemaker_gets_a_manifest_that_it_accepts() -> None:
    [build_command] = [c for c in json.loads(BUILDSPEC)["phases"]["build"]["commands"] if c.startswith("docker build")]
    # It refuses the OCI manifests that Docker makes otherwise, and image indexes with attestations in them.
    assert "--provenance=false --output type=docker,oci-mediatypes=false " in build_command
    assert "--platform linux/amd64" in build_command


def test_sagemaker_gets_a_container_of_root_whoever_builds_it(docker: Synthesised) -> None:
    # "SageMaker AI expects all containers to run with root users": your-algorithms-inference-code of its guide.
    text = (REPOSITORY / DOCKERFILE).read_text(encoding="utf-8")
    assert re.findall(r"^(?:ARG|USER) .*", text, re.MULTILINE) == ["ARG RUN_AS=0", "USER ${RUN_AS}:${RUN_AS}"]
    assert "--build-arg" not in BUILDSPEC
    assembly = docker.app.synth()
    manifests = [Path(assembly.directory, f"{stack.artifact_id}.assets.json") for stack in docker.all]
    images = [
        image["source"]
        for manifest in manifests
        for image in json.loads(manifest.read_text(encoding="utf-8"))["dockerImages"].values()
    ]
    assert images
    assert [image for image in images if "dockerBuildArgs" in image] == []


def test_the_commands_log_in_build_and_push_in_one_shell(tmp_path: Path) -> None:
    for name, answer in (("aws", "secret"), ("docker", "")):
        script = tmp_path / name
        script.write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/calls\necho "{answer}"\n', encoding="utf-8")
        script.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "REPOSITORY_URI": "123456789012.dkr.ecr.us-east-1.amazonaws.com/rubric-dev-lean",
        "IMAGE_TAG": "abc",
    }
    commands = json.loads(BUILDSPEC)["phases"]["build"]["commands"]
    subprocess.run(["/bin/sh", "-e", "-c", "\n".join(commands)], env=environment, check=True)
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    # The two sides of the pipe start in any order.
    assert sorted(calls[:2]) == [
        "aws ecr get-login-password",
        f"docker login --username AWS --password-stdin {registry}",
    ]
    assert calls[2].startswith("docker build ")
    assert calls[2].endswith(f" --tag {registry}/rubric-dev-lean:abc .")
    assert calls[3] == f"docker push {registry}/rubric-dev-lean:abc"


def test_docker_builds_an_asset_of_both_stacks_that_name_it(docker: Synthesised) -> None:
    assembly = docker.app.synth()
    both = [stack for stack in docker.all if stack.stack_name.endswith(("Training", "Serving"))]
    assert len(both) == 2
    for stack in both:
        manifest = Path(assembly.directory, f"{stack.artifact_id}.assets.json")
        [image] = json.loads(manifest.read_text(encoding="utf-8"))["dockerImages"].values()
        source = image["source"]
        assert source["dockerFile"] == "model_code/serving/Dockerfile"
        assert (source["platform"], source["dockerOutputs"]) == ("linux/amd64", ["type=docker,oci-mediatypes=false"])
        [destination] = image["destinations"].values()
        assert text_of(model_image(docker)).endswith(
            f"/{text_of(destination['repositoryName'])}:{destination['imageTag']}"
        )
    assert registered_image(docker).endswith(f":{destination['imageTag']}")


def test_docker_leaves_nothing_of_codebuild(docker: Synthesised) -> None:
    kinds = {resource["Type"] for resource in docker.everything().values()}
    assert not kinds & {"AWS::CodeBuild::Project", "AWS::ECR::Repository", "Custom::LeanImage"}


def test_sagemaker_may_pull_from_the_uploads(docker: Synthesised) -> None:
    pulls = [
        s for s in policy_of(docker, "training", "ServingBaseModelRole") if "ecr:BatchGetImage" in listed(s["Action"])
    ]
    assert "cdk-hnb659fds-container-assets" in json.dumps(pulls)
    assert "*" not in json.dumps(pulls)


@pytest.fixture(scope="module")
def real_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make build` makes."""
    out = tmp_path_factory.mktemp("build")
    share_cache(out)
    build.build([targets.LEAN_IMAGE], root=REPOSITORY, out=out)
    return out / targets.LEAN_IMAGE.path


def test_the_build_has_every_file_that_the_dockerfile_copies(real_sources: Path) -> None:
    text = (real_sources / "model_code/serving/Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    copied = [line.split()[1:-1] for line in text.splitlines() if line.startswith("COPY ") and "--from=" not in line]
    names = [name for line in copied for name in line if not name.startswith("--")]
    assert names
    assert [name for name in names if not (real_sources / name).exists()] == []


def test_the_base_image_is_not_one_that_docker_hub_may_refuse(real_sources: Path) -> None:
    text = (real_sources / "model_code/serving/Dockerfile").read_text(encoding="utf-8")
    bases = set(re.findall(r"[\w./-]*python:[\w.-]+", text))
    assert len(bases) == 1
    assert bases.pop() == known()["lean_base"].image
    assert known()["lean_base"].image.startswith("public.ecr.aws/docker/library/")


def test_a_tag_follows_the_sources_and_nothing_else(real_sources: Path, tmp_path: Path) -> None:
    first, second = image_tag(real_sources), tmp_path / "elsewhere"
    shutil.copytree(real_sources, second, copy_function=shutil.copyfile)
    assert image_tag(second) == first
    (second / "model_code/serving/Dockerfile").open("a", encoding="utf-8").write("# changed\n")
    assert image_tag(second) != first
    assert re.fullmatch(r"[0-9a-f]{32}", first)


@pytest.mark.parametrize("how", ["docker", "codebuild"])
def test_missing_sources_say_what_to_run(root: Path, tmp_path: Path, how: str) -> None:
    deployment = changed(root, tmp_path, f"{{container: lean, image_build: {how}}}")
    with pytest.raises(MissingBuildError, match=r"^build/serving/image is missing; run `make build ENV=dev`$"):
        serving_image(cdk.Stack(), deployment=deployment)
