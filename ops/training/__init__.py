"""Starting, finding and following training runs."""
