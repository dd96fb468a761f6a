"""The feature store on a MongoDB server against plain pymongo: `python -m benchmarks.features`."""
