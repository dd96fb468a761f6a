"""Everything that outlives a deployment: the buckets, the tables and their key."""
