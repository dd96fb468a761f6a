"""The permissions that each role needs according to AWS's documents, worked out from the templates."""
