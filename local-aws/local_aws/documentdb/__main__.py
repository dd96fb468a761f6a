"""`python -m local_aws.documentdb --data FOLDER [--port N] [--mongodb-port N]`: ends with its standard input.

Its first line on standard output is JSON with both ports: `documentdb` refuses what DocumentDB refuses, `mongodb` is
the server behind it; and `pid`, of the server.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from pathlib import Path

from local_aws.documentdb.proxy import Proxy
from local_aws.documentdb.server import ServerError, free_port, start


def main(argv: list[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m local_aws.documentdb", description=__doc__.split(":")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of the data; it is made if it is missing")
    parser.add_argument("--port", type=int, default=0, help="of the proxy (default: a free one)")
    parser.add_argument("--mongodb-port", type=int, default=0, help="of the server behind it (default: a free one)")
    options = parser.parse_args(argv)
    data = options.data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    try:
        port = options.mongodb_port or free_port()
        proxy = Proxy(server_port=port, port=options.port)
        server = start(data=data, port=port)
    except (ServerError, OSError) as error:
        print(f"documentdb: {error}", file=sys.stderr)
        return 1
    try:
        threading.Thread(target=proxy.serve, daemon=True).start()
        print(json.dumps({"documentdb": proxy.port, "mongodb": port, "pid": server.pid}), flush=True)
        sys.stdin.buffer.read()
    except KeyboardInterrupt:
        pass
    finally:
        server.terminate()
        server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
