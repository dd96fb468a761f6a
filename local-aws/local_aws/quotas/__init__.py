"""The local Service Quotas: what an account may have, and what CreateTrainingJob and its like are held to."""
