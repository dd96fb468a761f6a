"""Texts and their labels: how they are normalised, mapped and chosen for labelling."""
