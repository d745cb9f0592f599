"""The scopes a key can have: a closed list, each with what it allows."""

from collections.abc import Collection

SCOPES = {
    "articles:read": "See working copies: drafts, schedules, notes, lists, and their events.",
    "articles:write": "Create and edit articles, delete and restore them.",
    "articles:html": "Put raw `html` blocks into a body; what fits no other block in Markdown or HTML, as a list in a list, becomes one.",
    "articles:publish": "Publish, schedule and unpublish.",
    "articles:preview": "Make, list and revoke links that show a working copy without a key.",
    "articles:purge": "Let go of articles in the trash for good.",
    "articles:approve": "Move articles to approved, and back.",
    "articles:publish_unapproved": "Publish what is not approved, where publishing needs approval; beside `articles:publish`.",
    "articles:takedown": "Take articles down, and end a take-down.",
    "lists:write": "Create, change and delete curated lists.",
    "lists:publish": "Publish, schedule and unpublish curated lists.",
    "sections:write": "Create, change, move and delete site sections.",
    "taxonomy:write": "Create, change, merge and delete authors and tags.",
    "comments:read": "See comments that readers do not see, and their events.",
    "comments:write": "Edit and delete anybody's comment.",
    "comments:moderate": "Approve and reject comments, or mark them as spam.",
    "comments:admin": "Say how comments are run: policies, word lists, rules, sanctions with clean-up, erasure.",
    "webhooks:manage": "Make, change and delete webhooks, and see what was sent to them.",
    "audit:read": "See who did what, whatever it was.",
    "keys:admin": "Make, list and revoke keys.",
}
EVERYTHING = "*"


def allows(granted: Collection[str], wanted: str) -> bool:
    """Whether a key with the scopes `granted` may do what `wanted` names."""
    return EVERYTHING in granted or wanted in granted
