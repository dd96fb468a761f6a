"""The snapshot of list prices."""
