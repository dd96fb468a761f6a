"""The feature store on a real MongoDB server, and on one that refuses what Amazon DocumentDB refuses."""
