"""`rubric parked`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from contracts.deployment import stack_outputs
from ops.deployment.cloud import Cloud
from ops.errors import USAGE, OpsError
from ops.monitoring import parked_items as parking
from ops.terminal import screen
from ops.terminal.confirm import confirm


def parked(
    context: typer.Context,
    give_back: Annotated[
        bool, typer.Option("--return", help="Return all of them to the queue, to be tried again.")
    ] = False,
    discard: Annotated[
        str | None, typer.Option(metavar="MESSAGE", help="Delete one permanently, by its id or the start of its id.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation before deleting.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the request-log items that the table refuses permanently, and retry them.

    They are kept for 14 days. Use `--return` once the cause is fixed; items that are still refused come back here. A
    message that is not a request-log item (Items: ?) always comes back: `--discard` deletes it.

    \b
    rubric parked
    rubric --env prod parked --return
    rubric parked --discard 5c1f1f0e
    """
    cloud: Cloud = context.obj
    sqs, url = cloud.client("sqs"), cloud.stacks.need(stack_outputs.LOG_PARKED_URL)
    if give_back and discard:
        raise OpsError("--return and --discard cannot be combined", status=USAGE)
    if discard:
        confirm(f"The content of message {discard} cannot be recovered.", yes=yes)
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
            screen.say(f"{count:,} messages will be tried again within a minute." if count else "Nothing is parked.")
        return
    messages = parking.look(sqs, url=url)
    if as_json:
        screen.print_json({"messages": [vars(one) for one in messages]})
    elif not messages:
        screen.say("Nothing is parked.")
    else:
        screen.table("Message", "Since", "Items", "Reason", rows=[_row(one) for one in messages])


def _row(one: parking.Parked) -> list[str]:
    since = datetime.fromtimestamp(one.since, UTC).strftime("%Y-%m-%d %H:%M")
    return [one.message_id[:8], since, "?" if one.items is None else str(one.items), one.reason[:80]]
