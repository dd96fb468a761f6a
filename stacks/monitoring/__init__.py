"""Alarms, where they go, and the dashboard."""
