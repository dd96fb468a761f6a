"""What AWS publishes, written to environments/aws/."""
