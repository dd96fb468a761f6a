"""Finding and reading an environment's files, and what is said of a wrong one."""
