"""What a change does and permits before it is deployed: differences of templates, and permissions that widen."""
