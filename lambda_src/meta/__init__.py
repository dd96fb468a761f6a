"""The API's routes about itself: the model, health, the contract, the pages, and 404 for everything else."""
