"""The two inference containers as processes on this machine, for tests and benchmarks."""

from tools.containers.huggingface import start_huggingface
from tools.containers.lean import start_lean
from tools.containers.process import Container, ContainerError

__all__ = ["Container", "ContainerError", "start_huggingface", "start_lean"]
