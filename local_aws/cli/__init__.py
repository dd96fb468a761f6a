"""The commands behind `make demo`, `make local-status`, `make local-destroy` and `make local-down`."""
