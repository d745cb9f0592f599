"""One attempt: signed, sent, and told how it went."""

import time

from app import __version__
from app.core import clock
from app.core.net import ExchangeFailedError, Outbound
from app.core.sealing import BrokenSealError, unseal
from app.core.settings import Settings
from app.core.text import scrub
from app.webhooks import payloads, schedule, signing
from app.webhooks.actions import purpose
from app.webhooks.outbox import Outcome, Parcel

_READ_BYTES = 2_000


class Courier:
    """Carries messages; each attempt takes `DATELINE_WEBHOOK_SECONDS` at most, whatever the endpoint does."""

    def __init__(self, settings: Settings) -> None:
        self._key = settings.signing_key
        self._seconds = settings.webhook_seconds
        self._outbound = Outbound(settings.allowed_private_hosts)

    async def deliver(self, parcel: Parcel) -> Outcome:
        """Send `parcel` once. It never raises for what an endpoint does, or for a secret that cannot be read any more."""
        at, begun = clock.now(), time.perf_counter()
        try:
            secrets = [unseal(self._key, purpose(parcel.webhook_id), secret) for secret in parcel.secrets]
            signed = signing.headers(secrets, parcel.message_id, int(at.timestamp()), parcel.body)
            headers = {**payloads.HEADERS, "user-agent": f"Dateline/{__version__}", **signed}
            reply = await self._outbound.post(parcel.url, parcel.body, headers, seconds=self._seconds, limit=_READ_BYTES)
        except (ExchangeFailedError, BrokenSealError) as error:
            failure = error.failure if isinstance(error, ExchangeFailedError) else "sealed"
            return Outcome(parcel, at, _milliseconds(begun), str(error), failure=failure)
        asked = schedule.retry_after(reply.headers.get("retry-after"), clock.now())
        answer = scrub(reply.body.decode("utf-8", "replace"))
        return Outcome(parcel, at, _milliseconds(begun), answer, status_code=reply.status, asked=asked)

    def close(self) -> None:
        """Let go of what is kept for sending."""
        self._outbound.close()


def _milliseconds(begun: float) -> int:
    return round((time.perf_counter() - begun) * 1000)
