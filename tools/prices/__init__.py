"""`make prices`: renews the snapshot of list prices (contracts/prices/snapshot.py) from AWS's price list."""
