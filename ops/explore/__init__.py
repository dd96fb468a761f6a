"""A dataset explored before anything is deployed."""
