"""What our code and our state machines send to AWS."""
