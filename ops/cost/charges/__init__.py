"""What each type of resource is charged for, by subject."""
