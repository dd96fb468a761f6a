"""report.html: a training job's evaluation as one page for people, which loads nothing from anywhere."""

from model_code.training.report.page import render, write

__all__ = ["render", "write"]
