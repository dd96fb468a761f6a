"""How accurate the answers are: without labels, and by the labels of a random sample. No I/O."""
