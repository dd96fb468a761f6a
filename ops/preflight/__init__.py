"""`rubric preflight`: finds what AWS would refuse before anything is created."""
