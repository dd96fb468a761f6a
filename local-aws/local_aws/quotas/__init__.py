"""The local Service Quotas: an account's limits, which CreateTrainingJob and similar calls enforce."""
