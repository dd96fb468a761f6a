"""The IAM actions that reading an environment's stacks takes, for the roles of whoever reads them.

All of them read. `sts:GetCallerIdentity`, which `rubric stacks changes` also calls, needs no permission (STS API
reference).
"""

from __future__ import annotations

# `rubric stacks changes`, on the environment's stacks: `stack/Rubric-dev-*/*`.
CHANGES = ("cloudformation:DescribeStacks", "cloudformation:GetTemplate")

# `rubric stacks drift`, on the same stacks; ListExports and the status of a detection take no resource. CloudFormation
# asks for both Detect actions (user guide, "Detect unmanaged configuration changes to stacks and resources").
DETECTION = (
    "cloudformation:DescribeStackDriftDetectionStatus",
    "cloudformation:DescribeStackResourceDrifts",
    "cloudformation:DetectStackDrift",
    "cloudformation:DetectStackResourceDrift",
    "cloudformation:ListExports",
    "cloudformation:ListStackResources",
)
# What the command itself reads beside CloudFormation, on the resources of the environment's stacks.
READERS = (
    "cloudwatch:DescribeAlarms",
    "codebuild:BatchGetProjects",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "s3:GetBucketPolicy",
    "sagemaker:DescribeEndpoint",
    "sagemaker:DescribeEndpointConfig",
    "sagemaker:DescribeInferenceComponent",
    "sagemaker:DescribeModel",
    "sns:GetTopicAttributes",
    "sqs:GetQueueAttributes",
)
# Of these, what reading a type that few environments have calls; CloudFormation's own read of the type calls it, too.
RARE = ("sagemaker:DescribeInferenceComponent",)
# With the caller's permissions CloudFormation reads each resource: environments.aws.resource_types.read_actions has the
# actions for the types of a template.
DRIFT = (*CHANGES, *DETECTION, *READERS)
