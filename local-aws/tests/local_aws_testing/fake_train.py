"""A training script for the tests: writes a named model, fails, or waits to be stopped."""

import argparse
import os
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--name", default="trained")
parser.add_argument("--fail", default="")
parser.add_argument("--seconds", type=float, default=0.0)
parser.add_argument("--forget", default="", help="a checkpoint to delete")
arguments = parser.parse_args()

checkpoint = Path(os.environ["SAGEMAKER_BASE_DIR"]) / "checkpoints" / "seen"
if checkpoint.exists():  # the second attempt of an interrupted job
    arguments.seconds = 0.0
checkpoint.write_text("1")
if arguments.forget:
    (checkpoint.parent / arguments.forget).unlink()
print("loss=0.5", flush=True)
time.sleep(arguments.seconds)
if arguments.fail:
    (Path(os.environ["SM_OUTPUT_DATA_DIR"]).parent / "failure").write_text(arguments.fail)
    sys.exit(1)
print("loss=0.25", flush=True)
(Path(os.environ["SM_MODEL_DIR"]) / "name.txt").write_text(arguments.name)
(Path(os.environ["SM_OUTPUT_DATA_DIR"]) / "evaluation.json").write_text("{}")
