"""What holds for the whole repository: its imports, its Makefile, its workflows."""
