"""What a deployment is called: stack outputs, buckets' layout, state machines."""
