"""Reads the files of labelled texts that people have: one set of rules for training, analysis, demo and batch.

It imports nothing of ours but contracts/. Text formats need the standard library only; Parquet and Excel need a package
each, which a message names where it is missing.
"""
