"""report.html: a training job's evaluation as one self-contained page."""

from model_code.training.report.page import render, write

__all__ = ["render", "write"]
