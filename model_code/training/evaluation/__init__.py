"""The model's quality, compared with the baseline and the approved model, and its cost."""
