"""A MongoDB server on this machine that refuses what Amazon DocumentDB refuses: `python -m local_aws.documentdb`.

It needs the packages of the extra `documentdb`: the server SecantusDB, a process of its own, and pymongo's BSON.
"""
