"""Application Auto Scaling: targets, policies and scheduled actions, which scale endpoints and inference components."""
