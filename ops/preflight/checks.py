"""All checks of preflight."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from environments.delivery import Delivered, of_environment
from environments.settings import Settings, SettingsError
from ops.deployment.cloud import ROOT, Cloud
from ops.errors import OpsError, code_of
from ops.preflight import (
    account,
    bedrock,
    bootstrap,
    delivery,
    images,
    mirror,
    network,
    offline,
    organization,
    private_network,
    quotas,
    runner,
    stacks,
)
from ops.preflight.account import Caller
from ops.preflight.finding import Finding, refused
from ops.preflight.needs import needs
from ops.preflight.runner import PATIENT, QUICK, Check

_LISTS = "servicequotas:ListServiceQuotas and servicequotas:ListAWSDefaultServiceQuotas"


def without_account(cloud: Cloud, *, today: dt.date) -> list[Finding]:
    """All checks that need no account. Raises OpsError if the settings are invalid."""
    looked = offline.look(cloud.settings, file=cloud.file, approved=None, today=today)
    delivered = _delivered(cloud)
    return [*looked, *(_trusted(delivered, settings=cloud.settings) if delivered else [])]


def credentials(cloud: Cloud) -> list[Finding]:
    """Check the credentials. Raises OpsError if AWS accepts none."""
    return [account.judge(account.identify(cloud), settings=cloud.settings, file=cloud.file)]


def before_destroy(cloud: Cloud) -> list[Finding]:
    """Check the credentials, and whether a stack is being changed. Raises OpsError without credentials."""
    mine = credentials(cloud)
    if refused(mine):
        return mine
    client = cloud.client("cloudformation", config=QUICK)
    check = Check(
        area="stacks",
        subject="whether a stack is being changed",
        permission="cloudformation:DescribeStacks",
        look=partial(stacks.being_changed, client, settings=cloud.settings),
    )
    return [*mine, *runner.run([check]), *stacks.held_up(cloud.settings)]


def everything(cloud: Cloud, *, today: dt.date) -> list[Finding]:
    """All checks, or only the account's if the credentials belong to another. Raises OpsError without credentials."""
    settings = cloud.settings
    caller = account.identify(cloud)
    mine = account.judge(caller, settings=settings, file=cloud.file)
    if refused([mine]):
        return [mine]
    approved = _approved(cloud, settings=settings)
    checks = list(_checks(cloud, settings=settings, caller=caller, approved=bool(approved)))
    prices = [private_network.price(settings)] if settings.network.makes_endpoints else []
    looked = offline.look(settings, file=cloud.file, approved=approved, today=today)
    delivered = _delivered(cloud)
    trusted = _trusted(delivered, settings=settings) if delivered else []
    checks += _delivery(cloud, delivered=delivered, caller=caller)
    return [mine, *looked, *prices, *trusted, *runner.run(checks)]


def _delivered(cloud: Cloud) -> Delivered | None:
    """Delivery of the environment. Raises OpsError if its file is wrong."""
    try:
        return of_environment(cloud.settings.name, root=ROOT)
    except SettingsError as error:
        raise OpsError(str(error)) from None


def _delivery(cloud: Cloud, *, delivered: Delivered | None, caller: Caller) -> Iterator[Check]:
    """The boundary that the settings name, and what a workflow needs to deploy the environment."""
    settings, iam = cloud.settings, cloud.client("iam", config=QUICK)
    if settings.permissions_boundary:
        yield Check(
            area="delivery",
            subject=f"whether there is a policy {settings.permissions_boundary}",
            permission="iam:GetPolicy",
            look=partial(delivery.boundary, iam, settings=settings, account=caller.account, partition=caller.partition),
        )
    if delivered is None:
        return
    yield Check(
        area="delivery",
        subject="whether workflows can deploy",
        permission="cloudformation:DescribeStacks, iam:GetRole, iam:ListAttachedRolePolicies, "
        "iam:ListOpenIDConnectProviders and iam:GetOpenIDConnectProvider",
        look=partial(
            delivery.look,
            iam,
            cloud.client("cloudformation", region=delivered.region, config=QUICK),
            delivered=delivered,
            settings=settings,
            role=bootstrap.execution_role(settings, account=caller.account, partition=caller.partition, root=ROOT),
        ),
    )


def _approved(cloud: Cloud, *, settings: Settings) -> bool | None:
    """Whether a model is approved, in which case a deploy does not train; None if unknown."""
    if not settings.classifier.trained:
        return None
    try:
        cloud.client("ssm", config=QUICK).get_parameter(Name=settings.approved_model_parameter)
    except ClientError as error:
        return False if code_of(error) == "ParameterNotFound" else None
    except BotoCoreError:
        return None
    return True


def _checks(cloud: Cloud, *, settings: Settings, caller: Caller, approved: bool) -> Iterator[Check]:
    # Create the clients here, one after the other: only their calls may run in parallel.
    opted, ssm = cloud.client("account", config=QUICK), cloud.client("ssm", config=QUICK)
    yield Check(
        area="region",
        subject=f"whether {settings.region} is enabled",
        permission="account:GetRegionOptStatus",
        look=partial(account.region, opted, settings=settings),
    )
    yield Check(
        area="bootstrap",
        subject="the CDK's bootstrap version",
        permission="ssm:GetParameter",
        look=partial(bootstrap.look, ssm, settings=settings, env=cloud.env, root=ROOT),
    )
    yield Check(
        area="stacks",
        subject="whether the deployed stacks can be updated to the settings",
        permission="cloudformation:DescribeStacks",
        look=partial(stacks.before_deploy, cloud.client("cloudformation", config=QUICK), settings=settings),
    )
    yield from _mirror(cloud, settings=settings, approved=approved)
    yield from _quotas(cloud, settings=settings, approved=approved)
    yield from _images(cloud, settings=settings)
    if settings.classifier.uses_bedrock:
        region = settings.classifier.bedrock.region or settings.region
        yield Check(
            area="bedrock",
            subject="the Bedrock model",
            permission="bedrock:GetFoundationModelAvailability and bedrock:GetInferenceProfile",
            look=partial(bedrock.look, cloud.client("bedrock", region=region, config=QUICK), settings=settings),
        )
    yield from _network(cloud, settings=settings)
    yield from _organization(cloud, settings=settings, caller=caller)


def _network(cloud: Cloud, *, settings: Settings) -> Iterator[Check]:
    mode = settings.network.mode
    if mode == "none":
        return
    ec2 = cloud.client("ec2", config=QUICK)
    if mode == "existing":
        yield Check(
            area="network",
            subject="the VPC, its subnets, security groups and endpoints",
            permission=network.EXISTING,
            look=partial(network.existing, ec2, settings=settings),
        )
    else:
        yield Check(
            area="network",
            subject="whether the deployed VPC can follow the settings",
            permission=private_network.OWN,
            look=partial(private_network.own, ec2, settings=settings),
        )
        yield Check(
            area="network",
            subject="whether the region takes another VPC",
            permission="ec2:DescribeVpcs and servicequotas:GetServiceQuota",
            look=partial(
                private_network.quotas, ec2, cloud.client("service-quotas", config=PATIENT), settings=settings
            ),
        )
    if settings.network.makes_endpoints:
        yield Check(
            area="network",
            subject="the endpoint services of the region",
            permission=private_network.SERVICES,
            look=partial(private_network.services, ec2, settings=settings),
        )


def _mirror(cloud: Cloud, *, settings: Settings, approved: bool) -> Iterator[Check]:
    if not (settings.classifier.trained and settings.isolated_training):
        return
    yield Check(
        area="mirror",
        subject="what isolated training jobs need in the mirror",
        permission="cloudformation:DescribeStacks, s3:ListBucket and s3:GetObject",
        look=partial(
            mirror.look,
            cloud.client("cloudformation", config=QUICK),
            cloud.client("s3", config=QUICK),
            settings=settings,
            env=cloud.env,
            approved=approved,
            root=ROOT,
        ),
    )


def _images(cloud: Cloud, *, settings: Settings) -> Iterator[Check]:
    for uri in images.pulled(settings):
        yield Check(
            area="images",
            subject=f"whether {uri} exists",
            permission="ecr:BatchGetImage",
            look=partial(images.is_there, cloud.client("ecr", region=images.region_of(uri), config=QUICK), uri=uri),
        )


def _quotas(cloud: Cloud, *, settings: Settings, approved: bool) -> Iterator[Check]:
    wanted = needs(settings, approved=approved)
    for service in sorted({need.service for need in wanted}):
        own = [need for need in wanted if need.service == service]
        yield Check(
            area="quotas",
            subject=f"the quotas of {quotas.SERVICE_NAMES[service]} ({', '.join(need.name for need in own)})",
            permission=_LISTS,
            look=partial(
                quotas.look,
                cloud.client("service-quotas", config=PATIENT),
                service=service,
                wanted=own,
                settings=settings,
            ),
        )


def _organization(cloud: Cloud, *, settings: Settings, caller: Caller) -> Iterator[Check]:
    yield Check(
        area="organization",
        subject="the organisation's tag policy",
        permission="organizations:DescribeEffectivePolicy",
        look=partial(organization.tag_policy, cloud.client("organizations", config=QUICK), settings=settings),
    )
    role = bootstrap.execution_role(settings, account=caller.account, partition=caller.partition, root=ROOT)
    yield Check(
        area="organization",
        subject="the organisation's denials",
        permission="iam:SimulatePrincipalPolicy",
        look=partial(organization.denials, cloud.client("iam", config=QUICK), role=role, settings=settings),
    )


def _trusted(delivered: Delivered, *, settings: Settings) -> list[Finding]:
    """What settings say of delivery, with and without an account."""
    return [delivery.subject(delivered, settings=settings), *delivery.partition(settings)]
