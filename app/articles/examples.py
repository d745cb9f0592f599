"""Bodies of requests, as the documentation shows them. Those that name a section, an author or a tag name one of the invented newsroom."""

from typing import Any

_BLOCKS: dict[str, Any] = {
    "headline": "Delegations meet at the border",
    "kicker": "Diplomacy",
    "standfirst": "Both sides came. Neither stayed long.",
    "body": [
        {"type": "paragraph", "html": "The delegations met <em>at the border</em> on Monday."},
        {"type": "heading", "level": 2, "text": "Talks in Belarus"},
        {"type": "paragraph", "html": "They spoke for five hours, with two pauses."},
        {"type": "quote", "html": "We will meet again.", "cite": "A delegate"},
        {"type": "image", "url": "https://images.example.org/talks.jpg", "alt": "A long table", "credit": "Ana Ruiz"},
    ],
}
_MARKDOWN: dict[str, Any] = {
    "headline": "The ferry runs again",
    "section": "/world/europe",
    "authors": ["ana-ruiz", {"author": "north-sound-agency", "role": "contributor"}],
    "tags": ["ferries", "trade"],
    "body": {
        "format": "markdown",
        "content": "The first boat left **eleven minutes late**.\n\n## What it costs\n\n- On foot: nothing\n- With a bicycle: a song",
    },
}
_WIRE: dict[str, Any] = {
    "headline": "Harbour reopens after storm",
    "body": {"format": "html", "content": "<p>The harbour reopened at noon.</p><h2>Damage</h2><p>Two cranes are out of service.</p>"},
    "source": {"name": "North Sound Agency", "url": "https://agency.example.org/1234", "category": "agency"},
    "published_at": "2026-02-28T16:15:00Z",
}

CREATE: dict[str, Any] = {
    "blocks": {"summary": "A body of blocks", "value": _BLOCKS},
    "markdown": {"summary": "A body in Markdown, filed under a section", "value": _MARKDOWN},
}
UPSERT: dict[str, Any] = {"wire": {"summary": "A story from an agency", "value": _WIRE}}
UPDATE: dict[str, Any] = {
    "headline": {"summary": "Another headline", "value": {"headline": "Delegations part without a truce"}},
    "filing": {"summary": "Another section, other tags", "value": {"section": "/world/europe", "tags": ["trade"]}},
    "comments": {"summary": "No more comments", "value": {"comments": {"status": "closed"}}},
}
PUBLISH: dict[str, Any] = {
    "now": {"summary": "Now", "value": {}},
    "scheduled": {"summary": "At a moment to come", "value": {"at": "2030-03-01T06:00:00Z"}},
    "period": {
        "summary": "For a time only",
        "value": {"at": "2030-03-01T06:00:00Z", "until": "2030-03-08T06:00:00Z"},
    },
    "correction": {
        "summary": "With a note on what was wrong",
        "value": {
            "significance": "correction",
            "correction": {"kind": "correction", "text": "An earlier version named the wrong minister."},
        },
    },
    "between": {"summary": "Now, and what is scheduled stays", "value": {"scheduled": "keep"}},
    "minor": {"summary": "A small repair, which readers need not notice", "value": {"significance": "minor"}},
}
RESCHEDULE: dict[str, Any] = {
    "later": {"summary": "An hour later", "value": {"at": "2030-03-01T07:00:00Z"}},
    "ending": {"summary": "For a time only", "value": {"until": "2030-03-08T06:00:00Z"}},
}
UNPUBLISH: dict[str, Any] = {
    "now": {"summary": "Now", "value": {}},
    "later": {"summary": "At a moment to come", "value": {"at": "2030-03-08T06:00:00Z"}},
}
TAKEDOWN: dict[str, Any] = {
    "rights": {"summary": "The licence has ended", "value": {"reason": "rights_expired", "note": "Agency picture story, until 1 March."}},
    "privacy": {"summary": "Somebody asked to be forgotten", "value": {"reason": "privacy"}},
}
RESTORE: dict[str, Any] = {
    "as_it_was": {"summary": "As it was", "value": {}},
    "working_copy": {"summary": "As a working copy only, to be corrected first", "value": {"publish": False}},
}
BODY_SECTION: dict[str, Any] = {
    "blocks": {
        "summary": "A part of blocks",
        "value": {
            "heading": "What happens next",
            "body": [{"type": "paragraph", "html": "They meet again on <strong>Thursday</strong>."}],
        },
    },
    "markdown": {
        "summary": "A part in Markdown, one level down",
        "value": {
            "heading": "Who was there",
            "level": 3,
            "body": {"format": "markdown", "content": "- Two ministers\n- Nine advisers"},
        },
    },
}
