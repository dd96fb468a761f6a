"""The endpoint: its image, role, scaling and rollback alarms."""
