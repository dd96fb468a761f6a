"""Rubric on this machine: the commands behind `make demo`, `make local-up` and the other `local-` targets."""
