"""A rough upper bound of a load test's cost, in US dollars at us-east-1 list prices: only for a warning."""

from __future__ import annotations

from environments.settings import Settings

# The gateway, two functions, the request log's write and the log lines; docs/load.md adds it up.
API_PER_MILLION = 6.5
SERVERLESS_PER_GB_SECOND = 0.00002


def warning(settings: Settings, *, through_api: bool, seconds: float) -> str:
    """What costs money, in a sentence or two."""
    sentences = []
    if through_api:
        most = settings.api.throttle_rate * seconds + settings.api.throttle_burst
        sentences.append(
            f"The throttle lets at most {most:,.0f} requests through, about {dollars(most / 1e6 * API_PER_MILLION)} "
            "for the gateway, functions, request log and logs."
        )
    serving = settings.serving
    if serving.mode == "serverless":
        gigabytes = (serving.serverless_memory_mb or 0) / 1024
        most = (serving.serverless_max_concurrency or 0) * seconds * gigabytes * SERVERLESS_PER_GB_SECOND
        sentences.append(f"The serverless endpoint may cost {dollars(most)}.")
    elif (serving.max_instances or 1) > (serving.min_instances or 1):
        sentences.append(
            f"The endpoint may scale from {serving.min_instances} to {serving.max_instances} × "
            f"{serving.instance_type}, billed by the second until it has scaled in again."
        )
    else:
        sentences.append("The endpoint's instances cost the same with or without load.")
    if serving.data_capture_percent:
        sentences.append(f"{serving.data_capture_percent} % of the requests are captured in S3.")
    return " ".join(sentences)


def dollars(amount: float) -> str:
    """`0.35 USD`, and never less than a cent."""
    return f"{max(amount, 0.01):,.2f} USD"
