"""How texts are laid out for the model: which go into a run together, and in which tensors.

A graph tells by its inputs which way it takes them: a row for each text (``padded``), or rows that several texts share
(``packed``).
"""
