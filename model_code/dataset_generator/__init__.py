"""Labelled headlines from a grammar of our own, to try the whole system on."""
