"""Delivery: the stack that lets a repository's workflows deploy into an account, its roles, and whom they trust.

The subjects' forms are GitHub's: "OpenID Connect reference", "Example subject claims" and "Immutable subject claims"
(docs.github.com/actions/reference/security/oidc). A repository that was created, renamed or transferred after
2026-07-15, or that has opted in, has the ids of its owner and of itself in each subject.
"""

from __future__ import annotations

from dataclasses import dataclass

# The settings of an account's delivery.
FILE = "delivery/delivery.yaml"

# GitHub's issuer, by which an account knows the provider; no more than one provider an account has it.
ISSUER = "token.actions.githubusercontent.com"
ISSUER_URL = f"https://{ISSUER}"
# What aws-actions/configure-aws-credentials asks GitHub to write a token for.
AUDIENCE = "sts.amazonaws.com"

# Below an environment's records: the templates of planned change sets, which the role that plans may write.
PLANNED = "plan/"

# Outputs of the delivery stack; those for an environment have its name at the end.
PROVIDER_ARN = "ProviderArn"
DIFF_ROLE_ARN = "DiffRoleArn"
DIFF_SUBJECT = "DiffSubject"
DEPLOY_ROLE_ARN = "DeployRoleArn"
PLAN_ROLE_ARN = "PlanRoleArn"
CHECK_ROLE_ARN = "CheckRoleArn"
DRIFT_ROLE_ARN = "DriftRoleArn"
ENVIRONMENT_SUBJECT = "Subject"
BOOTSTRAP_COMMAND = "BootstrapCommand"
EXECUTION_POLICY_ARNS = "ExecutionPolicyArns"


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository on GitHub. name: `owner/name`. owner_id, id: the numbers in its subjects, None in the older form."""

    name: str
    owner_id: int | None = None
    id: int | None = None

    @property
    def immutable(self) -> bool:
        """Whether its subjects have the ids."""
        return self.owner_id is not None and self.id is not None

    @property
    def claim(self) -> str:
        """The start of each of its subjects: `repo:owner/name` or `repo:owner@1/name@2`."""
        owner, name = self.name.split("/")
        return f"repo:{owner}@{self.owner_id}/{name}@{self.id}" if self.immutable else f"repo:{owner}/{name}"

    @property
    def pull_request(self) -> str:
        """The subject of a job of a pull request that references no environment."""
        return f"{self.claim}:pull_request"

    def deploying(self, environment: str) -> str:
        """The subject of a job that references an environment of the repository's."""
        return f"{self.claim}:environment:{environment}"


# The environment on GitHub whose scheduled jobs look for drift in every environment of an account.
WATCHING = "drift-watch"


def planning(environment: str) -> str:
    """The environment on GitHub whose jobs plan a delivery before somebody approves it: `prod-plan` for prod.

    No environment of Rubric's has such a name: they have letters and digits only.
    """
    return f"{environment}-plan"


def records(stacks: str) -> str:
    """Where an environment's deliveries keep their lock and records in the bootstrap's bucket.

    stacks: the start of its stacks' names, `Rubric-prod`.
    """
    return f"rubric-delivery/{stacks}/"


def stack_name(project: str) -> str:
    """The name of the account's delivery stack. project: as in the environments' settings."""
    return f"{project.capitalize()}-Delivery"


def output(name: str, environment: str) -> str:
    """The name of an environment's output: `DeployRoleArnProd` for the environment prod."""
    return f"{name}{environment.capitalize()}"


def in_region(name: str, region: str) -> str:
    """The name of a region's output: `BootstrapCommandUsEast1` for us-east-1."""
    return name + "".join(part.capitalize() for part in region.split("-"))
