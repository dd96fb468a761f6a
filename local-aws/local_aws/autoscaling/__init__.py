"""Application Auto Scaling: it records targets and policies, but nothing scales here."""
