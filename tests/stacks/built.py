"""A built tree of a few bytes with the names of `make build`, to synthesise without a build."""

from __future__ import annotations

from tests.functions import FOLDERS

BUILT = (
    *(f"lambda/{name}/{folder}/handler.py" for name, folder in FOLDERS.items()),
    *("training/sourcedir.tar.gz", "serving/vendor.tar.gz", "dataset/headlines.csv", "dataset/reviews.csv"),
    "layers/mongodb/amazon-rds-ca.pem",
    *("serving/image/model_code/serving/Dockerfile", "serving/image/model_code/serving/server.py"),
)
