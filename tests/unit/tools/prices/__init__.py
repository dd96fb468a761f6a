"""`make prices`."""
