"""What the function `features` is asked, beside what its schedule asks. No I/O.

`{"action": "read", "ids": {"caller": [id], ...}}` is answered with `{"features": {entity: {id: {name: value}}}}`;
`{"action": "forget", "ids": ...}` with `{"deleted": how many items the store had of them}`.
`{"action": "compute"}`, and an event without an action, computes; the answer says what was counted.
"""

from __future__ import annotations

from typing import Final

COMPUTE: Final = "compute"
READ: Final = "read"
FORGET: Final = "forget"
ACTIONS: Final = (COMPUTE, READ, FORGET)
