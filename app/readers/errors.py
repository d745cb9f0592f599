"""How those who take part are refused."""

from typing import Any, ClassVar

from app.core.errors import Problem


class MembersUnavailable(Problem):
    """The token of a member cannot be checked at the moment.

    The keys of the publisher's identity provider cannot be read. Ask again; guests can take part meanwhile, without a token.
    """

    status, title = 503, "Members cannot be told at the moment"


class Sanctioned(Problem):
    """You may not take part for the time being.

    `kind` says how far that goes: `mute` posts nothing, `suspend` (until `until`) and `ban` neither post nor vote nor report. `detail` and
    `reason_code` say why. Everything can still be read.
    """

    status, title = 403, "You may not take part at the moment"
    example: ClassVar[dict[str, Any]] = {
        "detail": "Twice this week you insulted others.", "kind": "suspend", "reason_code": "insult", "until": "2026-03-07T16:15:00Z",
    }  # fmt: skip
