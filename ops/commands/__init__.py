"""The commands of `rubric`, one file a subject."""
