"""SageMaker on this machine: the API, CloudFormation types and Step Functions integrations that MiniStack lacks.

Jobs and endpoints are real processes (see `containers`); `register()` puts it all into MiniStack from outside.
"""

from local_aws.server.sagemaker.registration import register

__all__ = ["register"]
