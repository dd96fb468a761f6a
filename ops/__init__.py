"""The `rubric` command: operating a deployed environment."""
