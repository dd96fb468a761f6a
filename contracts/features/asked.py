"""What the function `features` is asked, beside what its schedule asks. No I/O.

`{"action": "read", "ids": {"caller": [id], ...}}` is answered with `{"features": {entity: {id: {name: value}}}}`;
`{"action": "as_of", "rows": [[entity, id, time], ...], "as_known": true}` is answered with `{"values": [{name: value},
...], "names": {entity: [name, ...]}}`: what was known at the time of each row, in the rows' order, and the names of all
features of the rows' entities. as_known: without what was written later of a time before.
`{"action": "forget", "ids": ...}` with `{"deleted": how many items the store had of them}`.
`{"action": "compute"}`, and an event without an action, computes; the answer says what was counted.
"""

from __future__ import annotations

from typing import Final

COMPUTE: Final = "compute"
READ: Final = "read"
AS_OF: Final = "as_of"
FORGET: Final = "forget"
ACTIONS: Final = (COMPUTE, READ, AS_OF, FORGET)
# Rows of one `as_of`: an answer of Lambda's holds 6 MB ("gettingstarted-limits"), and a row's values seldom one KB.
MOST_ROWS: Final = 500
