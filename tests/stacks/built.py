"""A built tree of a few bytes: what `make build` makes, by name, for synthesising without it."""

from __future__ import annotations

FUNCTIONS = (
    *("authorizer", "build_image", "check_rollout", "classify", "cleanup", "examples"),
    *("first_model", "gate", "prepare_training", "promote", "records", "redrive", "rotate_key", "site"),
)
BUILT = (
    *(f"lambda/{name}/lambda_src/{name}/handler.py" for name in FUNCTIONS),
    *("training/sourcedir.tar.gz", "serving/vendor.tar.gz", "dataset/headlines.csv"),
    *("serving/image/model_code/serving/Dockerfile", "serving/image/model_code/serving/server.py"),
)
