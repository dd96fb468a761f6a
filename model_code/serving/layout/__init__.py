"""How texts are laid out for a graph: which of them go into a run together, and in which tensors.

A graph's inputs say which layout it takes: a row for each text (``padded``), or rows that several texts share
(``packed``).
"""
