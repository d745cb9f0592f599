"""How webhooks refuse."""

from typing import Any, ClassVar

from app.core.errors import Problem


class WebhookNotFound(Problem):
    """There is no such webhook, or it has no such delivery, or the delivery is of an event that your key may not know of.

    To send it again, the webhook's own key must be one that may know of it too.

    `GET /v1/webhooks` lists the webhooks; deliveries that are done are kept for `DATELINE_WEBHOOK_LOG_DAYS`.
    """

    status, title = 404, "There is no such webhook or delivery"


class ReplayTooLong(Problem):
    """So many events stand between `from_seq` and `to_seq` that they cannot be sent again in one go.

    `limit` is how many places of the log one replay may span. Replay it in parts.
    """

    status, title = 422, "The range is too long"
    example: ClassVar[dict[str, Any]] = {"limit": 10_000}
