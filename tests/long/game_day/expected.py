"""Which alarms the game day makes ring, by which fault, and why it cannot cause the others."""

from __future__ import annotations

_BROKEN, _LIMITED = "a deploy of a handler that does not exist", "reserved concurrency of 0"
_FUNCTIONS = (
    "Classify",
    "Site",
    "Authorizer",
    "Records",
    "Examples",
    "Labelling",
    "Rotation",
    "Redrive",
    "Drift",
    "AbTest",
)
_TABLES = ("RequestLog", "Examples", "Ledger", "Answers", "ApiKeys", "KeyUse", "Erased")
_NO_SERVER = "the model's processes are killed until the alarm rings"
_SLOW = "the model's process is stopped for seconds while it answers"
_MAXIMUM = "a maximum throughput of 1 on the table, and traffic"
_HAND_MADE = "a parameter among the promotions' records that is none"

# The fault of each alarm that rings.
CAUSED = {
    **{f"{use}Errors": _BROKEN for use in _FUNCTIONS},
    **{f"{use}Throttles": _LIMITED for use in _FUNCTIONS},
    **{f"{table}{kind}ThrottleEvents": _MAXIMUM for table in _TABLES for kind in ("Read", "Write")},
    "RequestLogByDayWriteThrottleEvents": "a maximum throughput of 1 on the index, and traffic",
    "RequestLogByKeyWriteThrottleEvents": "a maximum throughput of 1 on the index, and traffic",
    "Api5xx": _BROKEN,
    "ApiLatency": _SLOW,
    "Endpoint5xx": _NO_SERVER,
    "EndpointModelErrors": _NO_SERVER,
    "EndpointLatency": _SLOW,
    "NoHealthyInstance": _NO_SERVER,
    "FallbackAnswers": _NO_SERVER,
    "RollbackFaults": _NO_SERVER,
    "RollbackModelErrors": _NO_SERVER,
    "RollbackLatency": _SLOW,
    "LogWriteFailed": "a maximum throughput of 1 on the request log, and traffic",
    "LogDeadLetters": "the redrive's mapping is disabled while items wait",
    "LogRedriveFailed": "a maximum throughput of 1 on the request log, and items that wait",
    "LogParked": "a message in the dead-letter queue that is not of the request log",
    "LogWriteLost": "the request log is throttled, and the variable that names the queue is wrong",
    "KeysRefused": "more wrong keys in a minute than monitoring.refused_keys_per_minute",
    "KeyUseUncounted": "a maximum throughput of 1 on the usage table, and traffic",
    "RetrainingFailed": "the function that decides cannot start",
    "RetrainingAborted": "StopExecution",
    "TrainingFailed": "a run on a dataset that does not exist",
    "TrainingAborted": "StopExecution",
    "PromotionFailed": "a promotion of an artifact that does not exist",
    "PromotionAborted": "StopExecution",
    "ApprovedDiffersFromServing": "the approved-model parameter is changed by hand",
    "SettlingFailed": _HAND_MADE,
    "ReconcilerFails": _HAND_MADE,
}

# Why an alarm does not ring here.
NOT_CAUSED = {
    "BadModelAnswers": "the local AWS runs the project's own model server, which gives no such answers",
    "RollbackBadAnswers": "as BadModelAnswers",
    "RollbackStopped": "tests/contract/sagemaker/test_promotion.py rings it: a rollback needs a second model",
    "ChallengerLeftOver": "tests/contract/sagemaker/test_challenger.py has an endpoint left over, without alarms",
    "DriftFound": "tests/long/demo/test_traffic_drift.py rings it; it ends when a second model has answered",
    "LogDeadLettersOld": "it takes an hour, and the local AWS has no metric of a queue's oldest message",
    "RuleUndelivered": "the local AWS has no dead-letter queues of EventBridge's targets and of functions",
    "ServingStackStuck": "tests/contract/sagemaker/test_promotion.py has the stack in that state, without alarms",
    "TrainingTimedOut": "the local AWS ends no execution for its time",
    "RetrainingTimedOut": "the local AWS ends no execution for its time",
    "PromotionTimedOut": "the local AWS ends no execution for its time",
}

# Alarms of settings that its environment does not have.
NOT_THERE = {
    "ModelDoesNotWake": "tests/stacks/monitoring/test_asleep.py rings it: the game day's model never sleeps",
    "FeaturesErrors": "the game day's environment has no feature store",
    "FeaturesThrottles": "as FeaturesErrors",
    "FeaturesUnread": "as FeaturesErrors",
}
