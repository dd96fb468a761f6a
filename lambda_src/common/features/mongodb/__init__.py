"""The feature store in MongoDB: Atlas, Amazon DocumentDB, or another server. Needs the packages of its own layer."""
