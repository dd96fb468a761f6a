"""Application Auto Scaling: targets and policies are recorded; nothing scales here."""
