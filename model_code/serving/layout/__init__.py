"""The layouts of texts for a graph: which texts share a run, and in which tensors.

A graph's inputs decide the layout: a row for each text (``padded``), or rows that several texts share
(``packed``).
"""
