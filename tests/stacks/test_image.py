"""The lean container's image: built by Docker or in the account, named by its sources, there before it is needed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from environments.aws.images import known
from environments.settings import load
from stacks.constructs.lean_image import BUILDSPEC, DOCKERFILE, image_tag, serving_image
from stacks.deployment import Deployment, MissingBuildError
from stacks.images import container_environment
from tests.clone import share_cache
from tests.stacks.conftest import REPOSITORY, Synthesise, Synthesised
from tests.stacks.test_permissions import WITHOUT_RESOURCE, listed
from tools.bundling import build, targets


@pytest.fixture(scope="module")
def codebuild(synthesise: Synthesise) -> Synthesised:
    """The dev environment with an image that CodeBuild makes."""
    return synthesise("dev", change="serving: {threads: 2}")


@pytest.fixture(scope="module")
def docker(synthesise: Synthesise, tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    """The dev environment with an image that Docker makes where it is deployed from."""
    change = "serving: {image_build: docker}"
    return synthesise("dev", change=change, outdir=tmp_path_factory.mktemp("out"))


def only(synthesised: Synthesised, part: str, kind: str) -> tuple[str, dict[str, Any]]:
    [found] = synthesised.resources(part, kind).items()
    return found


def model_image(synthesised: Synthesised) -> Any:
    return only(synthesised, "serving", "AWS::SageMaker::Model")[1]["Properties"]["PrimaryContainer"]["Image"]


def text_of(value: Any) -> str:
    """A template's value as text, with `<Reference>` for what CloudFormation fills in."""
    match value:
        case str():
            return re.sub(r"\$\{(.*?)\}", r"<\1>", value)
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(text_of(part) for part in parts)
        case {"Fn::Sub": inner}:
            return text_of(inner)
        case {"Ref": name}:
            return f"<{name}>"
    return "<>"


def registered_image(synthesised: Synthesised) -> str:
    """What the training machine registers models with."""
    [machine] = [
        machine["Properties"]
        for name, machine in synthesised.resources("training", "AWS::StepFunctions::StateMachine").items()
        if name.startswith("PipelineMachine")
    ]
    [image] = set(re.findall(r'"Containers":\[\{"Image":"([^"]+)"', text_of(machine["DefinitionString"])))
    return str(image)


def policy_of(synthesised: Synthesised, part: str, prefix: str) -> Iterator[dict[str, Any]]:
    for name, policy in synthesised.resources(part, "AWS::IAM::Policy").items():
        if name.startswith(prefix):
            yield from policy["Properties"]["PolicyDocument"]["Statement"]


# built in the account


def test_the_endpoint_runs_the_image_of_these_sources(codebuild: Synthesised) -> None:
    tag = image_tag(codebuild.stacks.data.deployment.build_dir / "serving" / "image")
    account, region, suffix = ("<AWS::AccountId>", "us-east-1", "<AWS::URLSuffix>")
    assert text_of(model_image(codebuild)) == f"{account}.dkr.ecr.{region}.{suffix}/rubric-dev-lean:{tag}"
    [resource] = codebuild.resources("training", "Custom::LeanImage").values()
    assert resource["Properties"]["Tag"] == tag
    assert registered_image(codebuild).endswith(f"/rubric-dev-lean:{tag}")


def test_the_image_is_there_before_the_first_model_is_registered(codebuild: Synthesised) -> None:
    [image] = codebuild.resources("training", "Custom::LeanImage")
    [first] = codebuild.resources("training", "Custom::FirstModel").values()
    assert image in first["DependsOn"]


def test_what_the_build_needs_is_made_before_it_and_goes_after_it(codebuild: Synthesised) -> None:
    [resource] = codebuild.resources("training", "Custom::LeanImage").values()
    own = {name for name in codebuild.resources("training") if name.startswith("LeanImageBuild")}
    kinds = {codebuild.resources("training")[name]["Type"] for name in own & set(resource["DependsOn"])}
    assert kinds >= {
        "AWS::CodeBuild::Project",
        "AWS::ECR::Repository",
        "AWS::Events::Rule",
        "AWS::IAM::Policy",
        "AWS::Lambda::Permission",
        "AWS::Logs::LogGroup",
    }


def test_cloudformation_waits_longer_than_a_build_can_take(codebuild: Synthesised) -> None:
    [resource] = codebuild.resources("training", "Custom::LeanImage").values()
    project = only(codebuild, "training", "AWS::CodeBuild::Project")[1]["Properties"]
    minutes = project["TimeoutInMinutes"] + project["QueuedTimeoutInMinutes"]
    assert minutes * 60 < int(resource["Properties"]["ServiceTimeout"]) <= 3600


def test_the_end_of_each_build_of_this_project_is_heard(codebuild: Synthesised) -> None:
    [rule] = [
        rule["Properties"]
        for name, rule in codebuild.resources("training", "AWS::Events::Rule").items()
        if name.startswith("LeanImageBuild")
    ]
    assert rule["EventPattern"] == {
        "source": ["aws.codebuild"],
        "detail-type": ["CodeBuild Build State Change"],
        "detail": {"project-name": ["rubric-dev-lean"], "build-status": [{"anything-but": ["IN_PROGRESS"]}]},
    }
    [(name, _)] = [
        (name, function)
        for name, function in codebuild.resources("training", "AWS::Lambda::Function").items()
        if function["Properties"]["Handler"] == "lambda_src.build_image.handler.handler"
    ]
    assert [target["Arn"] for target in rule["Targets"]] == [{"Fn::GetAtt": [name, "Arn"]}]


def test_the_function_is_given_what_it_needs(codebuild: Synthesised) -> None:
    [given] = [
        function["Properties"]["Environment"]["Variables"]
        for function in codebuild.resources("training", "AWS::Lambda::Function").values()
        if function["Properties"]["Handler"] == "lambda_src.build_image.handler.handler"
    ]
    project = only(codebuild, "training", "AWS::CodeBuild::Project")[1]["Properties"]
    repository = only(codebuild, "training", "AWS::ECR::Repository")[1]["Properties"]
    assert given["PROJECT_NAME"] == project["Name"]
    assert given["REPOSITORY_NAME"] == repository["RepositoryName"]


def test_the_project_builds_with_docker_from_the_uploaded_sources(codebuild: Synthesised) -> None:
    project = only(codebuild, "training", "AWS::CodeBuild::Project")[1]["Properties"]
    assert project["Environment"]["PrivilegedMode"] is True
    assert project["Source"]["Type"] == "S3"
    assert "cdk-hnb659fds-assets" in json.dumps(project["Source"]["Location"])
    assert project["Source"]["BuildSpec"] == BUILDSPEC
    assert project["LogsConfig"]["CloudWatchLogs"]["Status"] == "ENABLED"


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


def test_nothing_is_left_when_the_stack_goes(codebuild: Synthesised) -> None:
    _, repository = only(codebuild, "training", "AWS::ECR::Repository")
    assert repository["Properties"]["EmptyOnDelete"] is True
    assert repository["DeletionPolicy"] == "Delete"
    project = only(codebuild, "training", "AWS::CodeBuild::Project")[1]["Properties"]
    group = project["LogsConfig"]["CloudWatchLogs"]["GroupName"]["Ref"]
    assert codebuild.resources("training", "AWS::Logs::LogGroup")[group]["DeletionPolicy"] == "Delete"


def test_an_image_is_never_overwritten(codebuild: Synthesised) -> None:
    repository = only(codebuild, "training", "AWS::ECR::Repository")[1]["Properties"]
    assert repository["ImageTagMutability"] == "IMMUTABLE"


def test_the_build_may_push_to_its_repository_and_nothing_else(codebuild: Synthesised) -> None:
    statements = list(policy_of(codebuild, "training", "LeanImageBuildRole"))
    actions = {action for statement in statements for action in listed(statement["Action"])}
    assert actions == {
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:GetAuthorizationToken",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:GetBucketAcl",
        "s3:GetBucketLocation",
        "s3:GetObject",
        "s3:GetObjectVersion",
    }
    on_all = {a for s in statements if "*" in listed(s["Resource"]) for a in listed(s["Action"])}
    assert on_all == {"ecr:GetAuthorizationToken"} <= WITHOUT_RESOURCE
    assert not [s for s in statements if "/*" in json.dumps(s["Resource"])]


def test_sagemaker_may_pull_from_the_repository(codebuild: Synthesised) -> None:
    pulls = [
        s
        for s in policy_of(codebuild, "training", "ServingBaseModelRole")
        if "ecr:BatchGetImage" in listed(s["Action"])
    ]
    assert [text_of(statement["Resource"]) for statement in pulls] == [
        "arn:aws:ecr:us-east-1:<AWS::AccountId>:repository/rubric-dev-lean"
    ]


# built by Docker


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


# what else is named in environments/aws/images.yaml


def test_the_build_and_the_functions_run_on_the_images_that_are_judged(codebuild: Synthesised) -> None:
    project = only(codebuild, "training", "AWS::CodeBuild::Project")[1]["Properties"]
    assert project["Environment"]["Image"] == known()["codebuild"].image
    functions = codebuild.everything("AWS::Lambda::Function").values()
    assert {function["Properties"]["Runtime"] for function in functions} == {known()["lambda_runtime"].image}


def test_the_runtime_ends_on_the_day_that_cfn_lint_knows() -> None:
    lifecycle = resources.files("cfnlint.data.AdditionalSpecs") / "LmbdRuntimeLifecycle.json"
    runtime = known()["lambda_runtime"]
    known_end = json.loads(lifecycle.read_text(encoding="utf-8"))[runtime.image]["deprecated"]
    assert str(runtime.ends) == known_end


# the sources


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


def changed(root: Path, tmp_path: Path, serving: str) -> Deployment:
    """The dev environment with other serving settings and nothing built."""
    shutil.copytree(root / "environments", tmp_path / "environments")
    (tmp_path / "environments/dev.override.yaml").write_text(f"serving: {serving}", encoding="utf-8")
    return Deployment(settings=load("dev", root=tmp_path), root=tmp_path, build_dir=tmp_path / "build")


@pytest.mark.parametrize("how", ["docker", "codebuild"])
def test_missing_sources_say_what_to_run(root: Path, tmp_path: Path, how: str) -> None:
    deployment = changed(root, tmp_path, f"{{container: lean, image_build: {how}}}")
    with pytest.raises(MissingBuildError, match=r"^build/serving/image is missing; run `make build ENV=dev`$"):
        serving_image(cdk.Stack(), deployment=deployment)


# what the container is told


def test_the_settings_reach_the_container(codebuild: Synthesised) -> None:
    model = only(codebuild, "serving", "AWS::SageMaker::Model")[1]["Properties"]
    assert model["PrimaryContainer"]["Environment"] == {"RUBRIC_THREADS": "2"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("{container: lean, image_build: docker}", None),
        (
            "{container: lean, image_build: docker, max_batch_tokens: 4096, max_waiting_texts: 512, "
            "request_seconds: 2.5}",
            {
                "RUBRIC_MAX_BATCH_TOKENS": "4096",
                "RUBRIC_MAX_WAITING_TEXTS": "512",
                "RUBRIC_REQUEST_SECONDS": "2.5",
            },
        ),
        (
            "{container: huggingface, image_build: null, workers: 2, threads: 1}",
            {
                "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
                "SAGEMAKER_REGION": "us-east-1",
                "SAGEMAKER_MODEL_SERVER_WORKERS": "2",
                "RUBRIC_THREADS": "1",
            },
        ),
    ],
)
def test_the_environment_of_each_container(
    root: Path, tmp_path: Path, change: str, expected: dict[str, str] | None
) -> None:
    assert container_environment(changed(root, tmp_path, change).settings) == expected
