"""`rubric keys`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from contracts.api.limits import MAX_KEY_RATE
from contracts.api.scopes import DEFAULT_SCOPES, LABEL, SCOPES
from contracts.deployment import stack_outputs
from environments import kept
from environments.sections.api import Api
from ops.api import key_record, key_share, keys
from ops.api.key_record import KeyInfo, Limits
from ops.deployment.cloud import Cloud
from ops.errors import USAGE, OpsError
from ops.terminal import screen
from ops.terminal.durations import duration

app = typer.Typer(no_args_is_help=True, help="API keys: create, list, rotate and revoke them.")

_KEY = Annotated[str, typer.Argument(metavar="KEY_ID", help="The key's id, or the whole key.")]
_JSON_KEY = Annotated[bool, typer.Option("--json", help="Print a JSON object with `key` and `key_id`.")]


_Rate = Annotated[int | None, typer.Option(min=1, max=MAX_KEY_RATE, help="Requests a second (default: api.key_rate).")]
_Burst = Annotated[
    int | None,
    typer.Option(
        min=1, max=5000, help="Requests at once (default: as many as the key's share allows, or twice the rate)."
    ),
]
_Quota = Annotated[int | None, typer.Option(min=1, help="Requests a day, UTC (default: as many as the rate allows).")]
_Unlimited = Annotated[
    bool,
    typer.Option(
        "--unlimited", help="No limits of its own: requests are not counted, which saves a database write each."
    ),
]
_OverShare = Annotated[
    bool,
    typer.Option(
        "--over-share",
        help="Let it occupy more than its share of the account's functions: while its requests are slow, other callers "
        "may then be refused.",
    ),
]
_DEFAULT_SCOPES = ",".join(DEFAULT_SCOPES)
_Scopes = Annotated[str, typer.Option(help=f"What it may do, separated by commas: {', '.join(SCOPES)}.")]
_Trusted = Annotated[
    bool,
    typer.Option(
        "--trusted",
        help="Its labels are those of people whom you trust: they go before other keys' labels, and any share of a "
        "dataset version may come from it.",
    ),
]
_Expires = Annotated[str | None, typer.Option(help="When it stops working: 90d, 12h, 30m (default: never).")]


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="Who or what it is for; shown in the list.")] = "unnamed",
    rate: _Rate = None,
    burst: _Burst = None,
    daily_quota: _Quota = None,
    unlimited: _Unlimited = False,
    over_share: _OverShare = False,
    scopes: _Scopes = _DEFAULT_SCOPES,
    trusted: _Trusted = False,
    expires: _Expires = None,
    as_json: _JSON_KEY = False,
) -> None:
    """Create an API key. It is shown only once, because only its salted hash is stored.

    \b
    rubric keys create --name newsroom
    rubric keys create --name acme --rate 5 --burst 10 --daily-quota 100000 --scopes classify,feedback --expires 90d
    rubric keys create --name load-test --unlimited --over-share
    rubric keys create --name desk --trusted
    export RUBRIC_API_KEY=$(rubric keys create --name me --json | jq -r .key)

    \b
    scope     lets it call
    classify  POST /v1/classify
    feedback  POST /v1/feedback
    examples  POST /v1/examples
    label     GET /v1/queue, GET and POST /v1/labels: texts of every caller
    read      GET /v1/model, /v1/requests and /v1/stats, of its own requests
    admin     the requests of every key, together with read or feedback

    A key may occupy its share of the functions that the account may run (api.key_concurrency_percent of
    api.concurrency): its rate times api.answer_seconds, and twice its burst. More is refused without --over-share.

    A caller over its rate gets 429 rate-exceeded, over its quota 429 quota-exceeded, both with retry-after.
    """
    cloud: Cloud = context.obj
    _need_keys(cloud)
    history = timedelta(days=kept.key_history_days(cloud.settings.data))
    limits = _limits(
        cloud.settings.api,
        rate=rate,
        burst=burst,
        daily_quota=daily_quota,
        unlimited=unlimited,
        scopes=scopes,
        trusted=trusted,
        over_share=over_share,
    )
    beyond = key_share.beyond(cloud.settings.api, limits)
    if beyond and not over_share:
        raise OpsError(f"{beyond}; --over-share creates it anyway", status=USAGE)
    expires_at = datetime.now(UTC) + duration(expires, option="--expires") if expires else None
    table = cloud.stacks.need(stack_outputs.API_KEYS_TABLE_NAME)
    key, info = keys.create(
        cloud.client("dynamodb"), table=table, name=name, expires_at=expires_at, history=history, limits=limits
    )
    _show_once(key, info, as_json=as_json)
    if LABEL in limits.scopes and not limits.trusted and not as_json:
        screen.say("Labels of this key wait: only keys made with --trusted decide A/B tests and what the audit shows.")


@app.command("list")
def list_keys(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """List the keys: ids, names, states, limits and today's requests (UTC), never the keys themselves.

    \b
    state     means
    active    works
    rotating  works, and so does the key before it, until its grace ends
    revoked   is refused permanently
    expired   is refused; it leaves the list once nothing is stored under its id any more
    """
    cloud: Cloud = context.obj
    now = datetime.now(UTC)
    dynamodb = cloud.client("dynamodb")
    infos = keys.listed(dynamodb, table=cloud.stacks.need(stack_outputs.API_KEYS_TABLE_NAME))
    table = cloud.stacks.get(stack_outputs.USAGE_TABLE_NAME)
    used = keys.used_today(dynamodb, table=table, key_ids=[info.key_id for info in infos]) if table else {}
    if as_json:
        screen.print_json(
            [
                {**info.document(), "state": info.state(now=now), "used_today": used.get(info.key_id, 0)}
                for info in infos
            ]
        )
        return
    if not infos:
        screen.say("There are no keys yet: `rubric keys create --name ...` creates one.")
        return
    api = cloud.settings.api
    rows = [_row(info, now=now, used=used.get(info.key_id, 0), over=bool(_over(api, info, now=now))) for info in infos]
    columns = ("Id", "Name", "State", "Scopes", "Rate", "Today", "Created", "Expires")
    screen.table(*columns, rows=rows, numeric=("Today",), whole=("Id", "State"))


@app.command()
def rotate(
    context: typer.Context,
    key: _KEY,
    grace: Annotated[str, typer.Option(help="How long the old key keeps working: 7d, 12h, 0s (see below).")] = "7d",
    expires: Annotated[
        str | None, typer.Option(help="When the new key stops working: 90d (default: the old key's lifetime).")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Rotate even if the last rotation's grace period has not ended.")
    ] = False,
    lost: Annotated[
        bool,
        typer.Option("--lost", help="The last rotation's key was lost: replace it; the older key keeps working."),
    ] = False,
    as_json: _JSON_KEY = False,
) -> None:
    """Replace a key with a new one. Both work until the grace period ends, so its caller can switch without a gap.

    The id stays, and with it the name, scopes, limits, today's use and the requests that the key can see.
    An authorizer caches a key's record for api.key_cache_seconds (default 60): for that long after the rotation the
    old key may still be accepted, whatever the grace period. The command prints how long that is in the environment.

    \b
    rubric keys rotate k4mz7q2abc
    rubric keys rotate k4mz7q2abc --grace 0s     a leaked key: no grace period beyond those seconds
    rubric keys rotate k4mz7q2abc --lost         the command was stopped before it showed the new key
    """
    cloud: Cloud = context.obj
    _need_keys(cloud)
    if force and lost:
        raise OpsError("--force and --lost cannot be combined", status=USAGE)
    lasts = duration(grace, option="--grace", least=timedelta(0))
    expires_at = datetime.now(UTC) + duration(expires, option="--expires") if expires else None
    text, info = keys.rotate(
        cloud.client("dynamodb"),
        table=cloud.stacks.need(stack_outputs.API_KEYS_TABLE_NAME),
        key_id=key_record.id_of(key),
        grace=lasts,
        expires_at=expires_at,
        history=timedelta(days=kept.key_history_days(cloud.settings.data)),
        force=force,
        lost=lost,
    )
    _show_once(text, info, as_json=as_json)
    if beyond := key_share.beyond(cloud.settings.api, info.limits):
        screen.say(f"{beyond}. It keeps these limits; `rubric keys create` creates a key with others.")
    # An authorizer that has read the new record keeps the grace to the second; one with the old record does not know.
    by_grace = lost or lasts.total_seconds() > _cached_seconds(cloud)
    screen.say(
        f"The old key works until {info.previous_until}." if by_grace else f"The old key is refused {_refused(cloud)}."
    )


@app.command()
def revoke(context: typer.Context, key: _KEY) -> None:
    """Revoke a key permanently; if it was rotated, its older key too.

    An authorizer caches a key's record for api.key_cache_seconds (default 60): for that long the key may still be
    accepted. With 0 it is refused at once.

    \b
    rubric keys revoke k4mz7q2abc
    """
    cloud: Cloud = context.obj
    key_id = key_record.id_of(key)
    keys.revoke(cloud.client("dynamodb"), table=cloud.stacks.need(stack_outputs.API_KEYS_TABLE_NAME), key_id=key_id)
    screen.say(f"{key_id} is revoked; the API refuses it {_refused(cloud)}.")


def _cached_seconds(cloud: Cloud) -> int:
    """How long an authorizer caches a key's record, in the deployed environment."""
    return int(cloud.stacks.get(stack_outputs.KEY_CACHE_SECONDS) or cloud.settings.api.key_cache_seconds)


def _refused(cloud: Cloud) -> str:
    """How soon the API refuses a key that was revoked or replaced."""
    seconds = _cached_seconds(cloud)
    return f"within {seconds} seconds (api.key_cache_seconds)" if seconds else "at once (api.key_cache_seconds is 0)"


def _need_keys(cloud: Cloud) -> None:
    auth = cloud.settings.api.auth
    if auth != "keys":
        raise OpsError(f"The API of {cloud.env!r} does not use API keys: api.auth is {auth}")


def _limits(
    api: Api,
    *,
    rate: int | None,
    burst: int | None,
    daily_quota: int | None,
    unlimited: bool,
    scopes: str,
    trusted: bool,
    over_share: bool,
) -> Limits:
    if unlimited and (rate or burst or daily_quota):
        raise OpsError("--unlimited cannot be combined with --rate, --burst or --daily-quota", status=USAGE)
    if burst and not rate:
        raise OpsError("--burst needs --rate: add it", status=USAGE)
    requested = list(dict.fromkeys(scope.strip() for scope in scopes.split(",") if scope.strip()))
    wrong = next((scope for scope in requested if scope not in SCOPES), None)
    if wrong or not requested:
        raise OpsError(
            f"--scopes {(wrong or scopes)[:30]!r} is not a scope; the scopes are {', '.join(SCOPES)}", status=USAGE
        )
    return Limits(
        scopes=tuple(requested),
        rate=0 if unlimited else rate,
        burst=burst or (key_share.burst_for(api, rate, over_share=over_share) if rate else None),
        daily_quota=daily_quota,
        trusted=trusted,
    )


def _show_once(key: str, info: KeyInfo, *, as_json: bool) -> None:
    if as_json:
        screen.print_json({"key": key, **info.document()})
        return
    screen.out.print(key, highlight=False, markup=False)
    screen.say(
        "Save it: it is not shown again. Send it as the header x-api-key, or set RUBRIC_API_KEY for `rubric classify`."
    )


def _over(api: Api, info: KeyInfo, *, now: datetime) -> str:
    """Why a working key may occupy more than its share."""
    return key_share.beyond(api, info.limits) if info.state(now=now) in ("active", "rotating") else ""


def _row(info: KeyInfo, *, now: datetime, used: int, over: bool) -> list[str]:
    limits = info.limits
    rate = {None: "the default", 0: "unlimited"}.get(limits.rate, f"{limits.rate}/s, {limits.burst} at once")
    today = f"{used:,}" if limits.daily_quota is None else f"{used:,} of {limits.daily_quota:,}"
    # An unlimited key is not counted.
    today = "-" if limits.rate == 0 else today
    return [
        info.key_id,
        info.name,
        info.state(now=now),
        " ".join(limits.scopes) + (", trusted" if limits.trusted else ""),
        f"{rate}, over its share" if over else rate,
        today,
        info.created_at[:10],
        info.expires_at[:16].replace("T", " ") if info.expires_at else "never",
    ]
