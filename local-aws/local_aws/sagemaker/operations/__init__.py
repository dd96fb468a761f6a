"""The operations of the SageMaker API, one module for each kind of resource."""

from local_aws.sagemaker.operations.dispatch import call

__all__ = ["call"]
