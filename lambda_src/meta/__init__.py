"""What the API says about itself: the model, health, the contract, the console page, and 404 for everything else."""
