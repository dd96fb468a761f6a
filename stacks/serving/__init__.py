"""The endpoint: its image, its role, how it scales, and what takes a rollout back."""
