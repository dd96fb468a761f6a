"""What an environment costs, before it does: from its templates, its traffic and a dated snapshot of list prices."""
