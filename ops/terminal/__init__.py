"""Shared by the commands: printing, confirmation, files, durations and progress."""
