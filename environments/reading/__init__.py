"""Finds and reads an environment's files, and explains what is wrong with one."""
