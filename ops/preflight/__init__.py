"""What AWS would refuse, found before anything is created: `rubric preflight`."""
