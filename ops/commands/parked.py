"""`rubric parked`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from contracts import stack_outputs
from ops.deployment.cloud import Cloud
from ops.errors import USAGE, OpsError
from ops.monitoring import parked_items as parking
from ops.terminal import screen
from ops.terminal.confirm import confirm


def parked(
    context: typer.Context,
    give_back: Annotated[
        bool, typer.Option("--return", help="Put all of them back into the queue from which they are tried.")
    ] = False,
    discard: Annotated[
        str | None, typer.Option(metavar="MESSAGE", help="Delete one for good, by its id or the beginning of it.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a message is deleted.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the request-log items that the table refuses for good, and have them tried again.

    They are kept for 14 days. Use `--return` once the reason is fixed; what is still refused comes back here. A message
    that is not a request-log item (Items: ?) always does: `--discard` deletes it.

    \b
    rubric parked
    rubric --env prod parked --return
    rubric parked --discard 5c1f1f0e
    """
    cloud: Cloud = context.obj
    sqs, url = cloud.client("sqs"), cloud.stacks.need(stack_outputs.LOG_PARKED_URL)
    if give_back and discard:
        raise OpsError("--return and --discard exclude each other: leave one out", status=USAGE)
    if discard:
        confirm(f"What message {discard} holds cannot be recovered.", yes=yes)
        one = parking.discard(sqs, url=url, message=discard)
        if as_json:
            screen.print_json({"discarded": vars(one)})
        else:
            screen.say(f"{one.message_id} is deleted.")
        return
    if give_back:
        count = parking.put_back(sqs, url=url, to=cloud.stacks.need(stack_outputs.LOG_DEAD_LETTERS_URL))
        if as_json:
            screen.print_json({"returned": count})
        else:
            screen.say(f"{count:,} messages are tried again within a minute." if count else "Nothing is parked.")
        return
    found = parking.look(sqs, url=url)
    if as_json:
        screen.print_json({"messages": [vars(one) for one in found]})
    elif not found:
        screen.say("Nothing is parked.")
    else:
        screen.table("Message", "Since", "Items", "Reason", rows=[_row(one) for one in found])


def _row(one: parking.Parked) -> list[str]:
    since = datetime.fromtimestamp(one.since, UTC).strftime("%Y-%m-%d %H:%M")
    return [one.message_id[:8], since, "?" if one.items is None else str(one.items), one.reason[:80]]
