"""SageMaker on this machine: the API, CloudFormation types and Step Functions integrations that MiniStack lacks.

Jobs and endpoints are real processes (see `local_aws.containers`); `local_aws.server.services` adds them to MiniStack.
"""
