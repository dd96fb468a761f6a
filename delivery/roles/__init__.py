"""The roles that a repository's workflows take, and whom they trust."""
