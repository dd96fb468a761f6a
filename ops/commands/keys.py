"""`rubric keys`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from ops import keys, screen
from ops.cloud import Cloud

app = typer.Typer(no_args_is_help=True, help="API keys: make, list and revoke them.")


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="Whom or what it is for; you will see it in the list.")] = "unnamed",
    expires_in_days: Annotated[int | None, typer.Option(min=1, help="Stop working after so many days.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object with `key` and `key_id`.")] = False,
) -> None:
    """Make an API key. It is shown this once: only its hash is stored.

    \b
    rubric keys create --name newsroom
    rubric keys create --name trial --expires-in-days 30
    export RUBRIC_API_KEY=$(rubric keys create --name me --json | jq -r .key)
    """
    cloud: Cloud = context.obj
    expires_at = datetime.now(UTC) + timedelta(days=expires_in_days) if expires_in_days else None
    table = cloud.stacks.need("ApiKeysTableName")
    key, info = keys.create(cloud.client("dynamodb"), table=table, name=name, expires_at=expires_at)
    if as_json:
        screen.print_json({"key": key, **vars(info)})
        return
    screen.out.print(key, highlight=False, markup=False)
    screen.say(
        "Keep it: it is shown this once. Send it as the header x-api-key, or set RUBRIC_API_KEY for `rubric classify`."
    )


@app.command("list")
def list_keys(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """List the keys: their ids and names, never the keys themselves."""
    cloud: Cloud = context.obj
    now = datetime.now(UTC)
    infos = keys.listed(cloud.client("dynamodb"), table=cloud.stacks.need("ApiKeysTableName"))
    if as_json:
        screen.print_json([{**vars(info), "state": info.state(now=now)} for info in infos])
        return
    if not infos:
        screen.say("There are no keys yet: `rubric keys create --name ...` makes one.")
        return
    rows = [
        [info.key_id, info.name, info.state(now=now), info.created_at, info.expires_at or "never"] for info in infos
    ]
    screen.table("Id", "Name", "State", "Created", "Expires", rows=rows, whole=("Id",))


@app.command()
def revoke(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY_ID", help="The key's id, or the whole key.")],
) -> None:
    """Revoke a key for good. The API notices within its key cache's time (a minute by default).

    \b
    rubric keys revoke k4mz7q2abc
    """
    cloud: Cloud = context.obj
    key_id = keys.id_of(key)
    keys.revoke(cloud.client("dynamodb"), table=cloud.stacks.need("ApiKeysTableName"), key_id=key_id)
    seconds = cloud.settings.api.key_cache_seconds
    screen.say(f"{key_id} is revoked; the API refuses it within {seconds} seconds.")
