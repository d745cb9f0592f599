"""Where webhooks are made, changed, and looked into."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response

from app.access.errors import Unauthorized
from app.access.guards import Caller, require
from app.access.models import Key
from app.core import ids
from app.core.caching import PRIVATE
from app.core.database import WriteSession
from app.core.errors import ValidationFailed
from app.core.http import AppSettings, IfMatch, Reader, Repeatable, Router, Writer, answer, answer_version, problems
from app.core.lists import Cursor, Limit, private_list_answer
from app.core.pagination import Pager, cut
from app.webhooks import actions, payloads, queries, schemas
from app.webhooks.errors import ReplayTooLong, WebhookNotFound
from app.webhooks.models import Webhook

router = Router(prefix="/v1/webhooks", tags=["webhooks"])
Manager = Annotated[Caller, Depends(require(actions.SCOPE))]
WebhookId = Annotated[
    str, Path(pattern=ids.pattern("whk"), max_length=40, description="The webhook's id.", examples=[schemas.webhook_id(ids.EXAMPLE)])
]
DeliveryId = Annotated[
    str, Path(pattern=ids.pattern("dlv"), max_length=40, description="The delivery's id.", examples=[ids.encode("dlv", ids.EXAMPLE)])
]
Statuses = Annotated[
    str | None,
    Query(max_length=100, pattern=schemas.STATUSES_PATTERN, description="States, separated by commas.", examples=["failed"]),
]
_READS = (WebhookNotFound,)

_CHANGES = (*_READS, ValidationFailed)


@router.get("", response_model=schemas.WebhookPage)
async def list_webhooks(
    request: Request, _desk: Manager, session: Reader, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """List every webhook, the oldest first; never their secrets."""
    pager = Pager(settings.signing_key, "webhooks")
    rows = await queries.list_webhooks(session, pager.decode(cursor) if cursor else None, limit + 1)
    page = cut(rows, limit, pager, lambda webhook: [webhook.id])
    return private_list_answer(request, page.wire([schemas.webhook_out(webhook) for webhook in page.rows]))


@router.post(
    "", status_code=201, response_model=schemas.WebhookCreated,
    responses=problems(ValidationFailed),
)  # fmt: skip
async def create_webhook(
    request: Request, order: schemas.WebhookCreate, desk: Manager, session: Repeatable, settings: AppSettings
) -> Response:
    """Have events sent to an address from now on: those that your key may know of. The `secret` is shown in this answer only."""
    webhook, secret = await actions.create_webhook(session, order, key=_key(desk), by=desk.actor, settings=settings)
    return _with_secret(request, webhook, secret, 201)


@router.get("/{webhook_id}", response_model=schemas.WebhookOut, responses=problems(*_READS))
async def get_webhook(webhook_id: WebhookId, _desk: Manager, session: Reader) -> Response:
    """Show one webhook: what it is sent, how far it is, and how it fares."""
    return answer_version(schemas.webhook_out(await queries.get_webhook(session, schemas.uuid_of("whk", webhook_id))))


@router.patch("/{webhook_id}", response_model=schemas.WebhookOut, responses=problems(*_CHANGES))
async def update_webhook(
    webhook_id: WebhookId, patch: schemas.WebhookUpdate, desk: Manager, session: Writer, settings: AppSettings, match: IfMatch
) -> Response:
    """Change a webhook. From then on it is sent what your key may know of."""
    webhook = await _for_change(session, webhook_id)
    changed = await actions.update_webhook(session, webhook, patch, key=_key(desk), by=desk.actor, if_match=match, settings=settings)
    return answer_version(schemas.webhook_out(changed))


@router.delete("/{webhook_id}", status_code=204, responses=problems(*_CHANGES))
async def delete_webhook(webhook_id: WebhookId, desk: Manager, session: Writer, match: IfMatch) -> Response:
    """Delete a webhook, with what was still to be sent to it and the log of its deliveries."""
    await actions.delete_webhook(session, await _for_change(session, webhook_id), by=desk.actor, if_match=match)
    return Response(status_code=204)


@router.post("/{webhook_id}/pause", response_model=schemas.WebhookOut, responses=problems(*_CHANGES))
async def pause_webhook(webhook_id: WebhookId, desk: Manager, session: Repeatable, match: IfMatch) -> Response:
    """Send nothing to it until it is resumed. Nothing is missed: it keeps its place in the log. Safe to repeat."""
    webhook = await actions.pause_webhook(session, await _for_change(session, webhook_id), by=desk.actor, if_match=match)
    return answer_version(schemas.webhook_out(webhook))


@router.post("/{webhook_id}/resume", response_model=schemas.WebhookOut, responses=problems(*_CHANGES))
async def resume_webhook(webhook_id: WebhookId, desk: Manager, session: Repeatable, match: IfMatch) -> Response:
    """Go on where a paused or disabled webhook stopped, with what your key may know of. Safe to repeat."""
    webhook = await _for_change(session, webhook_id)
    return answer_version(
        schemas.webhook_out(await actions.resume_webhook(session, webhook, key=_key(desk), by=desk.actor, if_match=match))
    )


@router.post(
    "/{webhook_id}/rotate-secret", response_model=schemas.WebhookCreated,
    responses=problems(*_CHANGES),
)  # fmt: skip
async def rotate_webhook_secret(
    request: Request, webhook_id: WebhookId, desk: Manager, session: Repeatable, settings: AppSettings, match: IfMatch,
    order: schemas.Rotation | None = None,
) -> Response:  # fmt: skip
    """Replace the signing secret. The new one is shown in this answer only; until the overlap is over, both sign."""
    overlap = timedelta(hours=(order or schemas.Rotation()).overlap_hours)
    webhook = await _for_change(session, webhook_id)
    webhook, secret = await actions.rotate_secret(session, webhook, overlap, by=desk.actor, if_match=match, settings=settings)
    return _with_secret(request, webhook, secret, 200)


@router.post(
    "/{webhook_id}/test", status_code=202, response_model=schemas.DeliveryOut,
    responses=problems(*_READS),
)  # fmt: skip
async def send_test_message(webhook_id: WebhookId, _desk: Manager, session: Repeatable) -> Response:
    """Send a message `webhook.test` as soon as can be, also where the webhook is paused. `Location` tells what became of it."""
    webhook = await _for_change(session, webhook_id)
    return _accepted(webhook_id, schemas.delivery_out(await actions.send_test(session, webhook)))


@router.post(
    "/{webhook_id}/replay", status_code=202, response_model=schemas.Replayed,
    responses=problems(*_READS, ValidationFailed, ReplayTooLong),
)  # fmt: skip
async def replay_webhook(webhook_id: WebhookId, order: schemas.Replay, desk: Manager, session: Repeatable) -> Response:
    """Send a range of the log again, also what was delivered: under the ids that it had, so that a receiver can tell."""
    webhook = await _for_change(session, webhook_id)
    count = await actions.replay(session, webhook, order.from_seq, order.to_seq, scopes=desk.scopes)
    return answer({"count": count}, status=202, headers={**PRIVATE, "Location": f"/v1/webhooks/{webhook_id}/deliveries"})


@router.get("/{webhook_id}/deliveries", response_model=schemas.DeliveryPage, responses=problems(*_READS))
async def list_deliveries(
    request: Request, webhook_id: WebhookId, desk: Manager, session: Reader, settings: AppSettings, limit: Limit = 20,
    cursor: Cursor = None, status: Statuses = None,
) -> Response:  # fmt: skip
    """List what was sent and is to be sent, the newest first: of events that your key may know of. `status=failed` are the dead letters."""
    webhook = await queries.get_webhook(session, schemas.uuid_of("whk", webhook_id))
    statuses = sorted(set(status.split(","))) if status else []
    pager = Pager(settings.signing_key, f"deliveries:{webhook.id}:{','.join(statuses)}")
    position = pager.decode(cursor) if cursor else None
    rows = await queries.list_deliveries(session, webhook.id, desk.scopes, statuses, position, limit + 1)
    page = cut(rows, limit, pager, lambda delivery: [delivery.id])
    return private_list_answer(request, page.wire([schemas.delivery_out(delivery) for delivery in page.rows]))


@router.get("/{webhook_id}/deliveries/{delivery_id}", response_model=schemas.DeliveryInFull, responses=problems(*_READS))
async def get_delivery(webhook_id: WebhookId, delivery_id: DeliveryId, desk: Manager, session: Reader) -> Response:
    """Show one delivery: what is sent, and how each attempt went."""
    webhook = await queries.get_webhook(session, schemas.uuid_of("whk", webhook_id))
    delivery = await queries.get_delivery(session, webhook.id, schemas.uuid_of("dlv", delivery_id), desk.scopes)
    body = schemas.delivery_out(delivery)
    content = (await payloads.bodies(session, [delivery]))[0]
    request = {
        "url": webhook.url, "headers": {**payloads.HEADERS, "webhook-id": body["event"]["id"]},
        "body": None if content is None else content.decode(),
    }  # fmt: skip
    log = [schemas.attempt_out(attempt) for attempt in await queries.list_attempts(session, delivery.id)]
    return answer({**body, "request": request, "log": log}, headers=PRIVATE)


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/retry", status_code=202, response_model=schemas.DeliveryOut,
    responses=problems(*_READS),
)  # fmt: skip
async def retry_delivery(webhook_id: WebhookId, delivery_id: DeliveryId, desk: Manager, session: Repeatable) -> Response:
    """Send one delivery again as soon as can be, whatever became of it, with all its attempts before it."""
    webhook = await _for_change(session, webhook_id)
    delivery = await queries.get_delivery(session, webhook.id, schemas.uuid_of("dlv", delivery_id), desk.scopes, for_change=True)
    return _accepted(webhook_id, schemas.delivery_out(await actions.retry(session, webhook, delivery)))


async def _for_change(session: WriteSession, webhook_id: str) -> Webhook:
    return await queries.get_webhook(session, schemas.uuid_of("whk", webhook_id), for_change=True)


def _key(desk: Caller) -> Key:
    if desk.key is None:
        raise Unauthorized
    return desk.key


def _accepted(webhook_id: str, body: dict[str, Any]) -> Response:
    return answer(body, status=202, headers={**PRIVATE, "Location": f"/v1/webhooks/{webhook_id}/deliveries/{body['id']}"})


def _with_secret(request: Request, webhook: Webhook, secret: str, status: int) -> Response:
    """The secret is for whoever asked first: what is kept for a repeated request has null there."""
    body = schemas.webhook_out(webhook)
    location = f"/v1/webhooks/{body['id']}" if status == 201 else None  # noqa: PLR2004 - Created
    request.state.kept_answer = answer_version({**body, "secret": None}, status=status, location=location)
    return answer_version({**body, "secret": secret}, status=status, location=location)
