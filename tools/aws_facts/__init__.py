"""Writes AWS's published facts to environments/aws/, and those that only delivery needs to delivery/execution/."""
