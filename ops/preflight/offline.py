"""Checks without an account: the settings, the first deploy's time limit, the region's instances, Docker."""

from __future__ import annotations

import datetime as dt
import os
import shutil

from environments.aws import instance_regions
from environments.aws.first_deploy import BESIDE_THE_JOB, LONGEST_JOB_MINUTES, WAIT_MINUTES
from environments.rules import receivers
from environments.settings import Settings
from ops.preflight import images, request_log
from ops.preflight.finding import Finding


def look(settings: Settings, *, file: str, approved: bool | None, today: dt.date) -> list[Finding]:
    """Run all of them. file: the environment's. approved: whether there is an approved model; None if unknown."""
    findings = [Finding(area="settings", verdict="ok", what=f"{file} is valid")]
    if settings.classifier.trained:
        findings += [*hour(settings, approved=approved), *instances(settings)]
    return [
        *findings,
        *images.ages(settings, today=today),
        *docker(settings),
        *request_log.look(settings),
        *alarms(settings),
    ]


def hour(settings: Settings, *, approved: bool | None) -> list[Finding]:
    """Whether the first model can be ready before CloudFormation times out."""
    training = settings.training
    beside = sum(part.minutes for part in BESIDE_THE_JOB)
    job = training.max_runtime_minutes
    if approved:
        return [Finding(area="hour", verdict="ok", what="a model is approved: this deploy does not train")]
    if job > LONGEST_JOB_MINUTES:
        unsure = "if no model is approved" if approved is None else "no model is approved"
        what = (
            f"{unsure}, CloudFormation waits {WAIT_MINUTES} minutes: "
            f"{job} for the job and {beside} around it do not fit"
        )
        todo = f"until there is a first model, set training.max_runtime_minutes to {LONGEST_JOB_MINUTES} or less"
        return [Finding(area="hour", verdict="warning" if approved is None else "refused", what=what, todo=todo)]
    if training.spot:
        what = f"training.spot: waiting for capacity may take another {job} of the {WAIT_MINUTES} minutes"
        todo = "train the first model without training.spot, or be ready to deploy again"
        return [Finding(area="hour", verdict="warning", what=what, todo=todo)]
    what = (
        f"the first model takes at most {job + beside} of {WAIT_MINUTES} minutes: {job} for the job, {beside} around it"
    )
    return [Finding(area="hour", verdict="ok", what=what)]


def instances(settings: Settings) -> list[Finding]:
    """Whether AWS's price list has the instances in the region. Only a hint; Service Quotas decides."""
    region, serving = settings.region, settings.serving
    if not instance_regions.known_region(region):
        what = f"{region}: AWS's price list ({instance_regions.source()}) has no SageMaker in this region"
        return [Finding(area="region", verdict="warning", what=what, todo="choose another region, or check yourself")]
    uses: list[tuple[instance_regions.Use, str, str]] = [
        ("training", settings.training.instance_type, "training.instance_type")
    ]
    if serving.instance_type:
        uses.append(("hosting", serving.instance_type, "serving.instance_type"))
    return [_instance(own, use=use, setting=setting, region=region) for use, own, setting in uses]


def _instance(own: str, *, use: instance_regions.Use, setting: str, region: str) -> Finding:
    if instance_regions.listed(own, region=region, use=use):
        return Finding(
            area="region", verdict="ok", what=f"{own} is available in {region} for {use}, according to AWS's price list"
        )
    what = f"{own}: AWS's price list ({instance_regions.source()}) has none in {region} for {use}"
    todo = f"check with Service Quotas (without --offline), or choose another {setting}"
    return Finding(area="region", verdict="warning", what=what, todo=todo)


def alarms(settings: Settings) -> list[Finding]:
    """Whether somebody is notified when an alarm rings."""
    unheard = receivers.unheard(settings)
    if not unheard:
        return [Finding(area="alarms", verdict="ok", what="alarms notify somebody")]
    what, todo = unheard.split(": ", 1)
    return [
        Finding(area="alarms", verdict="refused" if receivers.refused(settings) else "warning", what=what, todo=todo)
    ]


def docker(settings: Settings) -> list[Finding]:
    """Whether this machine can build the image, if the settings require it."""
    if settings.serving.image_build != "docker":
        return []
    program = os.environ.get("CDK_DOCKER", "docker")
    if shutil.which(program):
        return [Finding(area="images", verdict="ok", what=f"{program} is available to build the serving image")]
    what = f"serving.image_build is docker, and {program} is not on this machine's PATH"
    todo = "install it, name another in CDK_DOCKER, or set serving.image_build to codebuild"
    return [Finding(area="images", verdict="refused", what=what, todo=todo)]
