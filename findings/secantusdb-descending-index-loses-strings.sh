#!/usr/bin/env bash
# SecantusDB 0.7.0b3: a range of strings finds too little through a compound index whose last field is descending.
#
# With the index {e: 1, p: -1}, `p: {$gte: "2"}` leaves out every value that begins with "2" and is longer; "2x" and
# "2y" are greater than "2" by MongoDB's comparison order ("Comparison/Sort Order" in its manual). The same query finds
# both with the index {e: 1, p: 1}, with no index, and on an ascending field.
# Seen 2026-11-30 on Linux with Python 3.11. Exit status 0: unchanged; 1: it has changed.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check secantusdb==0.7.0b3 pymongo==4.20.1
port=$("$folder/venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$folder/venv/bin/secantusd-py" --host 127.0.0.1 --port "$port" --storage-path "$folder/data" --log-level ERROR &
server=$!
"$folder/venv/bin/python" - "$port" <<'PYTHON'
import sys

from pymongo import MongoClient

database = MongoClient(f"mongodb://127.0.0.1:{sys.argv[1]}/", serverSelectionTimeoutMS=60_000).test
found = {}
for name, order in (("descending", -1), ("ascending", 1), ("none", 0)):
    collection = database[name]
    if order:
        collection.create_index([("e", 1), ("p", order)])
    collection.insert_many([{"e": "a", "p": value} for value in ("1", "2x", "2y", "3")])
    found[name] = sorted(one["p"] for one in collection.find({"e": "a", "p": {"$gte": "2"}}))
    print(f"index {name}: {found[name]}")
right = ["2x", "2y", "3"]
unchanged = found["ascending"] == found["none"] == right and found["descending"] != right
print("as described" if unchanged else "changed")
sys.exit(0 if unchanged else 1)
PYTHON
