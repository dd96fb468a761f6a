"""Settings of an endpoint that are worth comparing, and the memory that follows from a measured peak."""

from __future__ import annotations

from benchmarks.serving.servers import peers

SERVERLESS_MB = (1024, 2048, 3072, 4096, 5120, 6144)
SPARE = 1.25  # memory over the measured peak: longer texts, and what the platform's own processes take


def settings(cores: int) -> list[tuple[str, dict[str, str]]]:
    """Server and environment of each setting: workers and threads that together use ``cores``, or are ``cores`` each.

    A setting of the Hugging Face container names both; the lean one has one process, with 1 run at a time or ``cores``.
    """
    pairs = {(workers, cores // workers) for workers in range(1, cores + 1) if cores % workers == 0} | {(cores, cores)}
    ours = [
        (peers.OURS, {"SAGEMAKER_MODEL_SERVER_WORKERS": str(workers), "RUBRIC_THREADS": str(threads)})
        for workers, threads in sorted(pairs)
    ]
    return [*ours, *((peers.LEAN, {"RUBRIC_THREADS": str(threads)}) for threads in sorted({1, cores}))]


def serverless_memory(peak_mb: float) -> int | None:
    """The smallest serverless memory, MB, with room to spare over ``peak_mb``; None when none is enough."""
    return next((size for size in SERVERLESS_MB if size >= SPARE * peak_mb), None)
