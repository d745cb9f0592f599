"""`dateline reseal`: the secret was changed, and what was sealed with the one before is to be opened with the new one."""

from rich.progress import Progress

from app.commands.common import fail, people, read_settings, say
from app.commands.working import with_database
from app.comments.people.sealing import SEALED as EMAILS
from app.core.resealing import Secrets, reseal
from app.moderation.reporting import SEALED as CONTACTS
from app.readers.addresses import SEALED as DIGEST_KEYS
from app.webhooks.actions import SEALED as SIGNING_SECRETS

PLACES = (*EMAILS, *CONTACTS, *DIGEST_KEYS, *SIGNING_SECRETS)
"""Everything that is sealed with DATELINE_SECRET_KEY."""


def reseal_all() -> None:
    """Seal with DATELINE_SECRET_KEY what was sealed with DATELINE_SECRET_KEY_BEFORE. Stop the service for it; it may be repeated."""
    settings = read_settings()
    before = settings.secret_key_before.get_secret_value().encode()
    if not before:
        fail("reseal", "DATELINE_SECRET_KEY_BEFORE must be the secret that was in use until now.", 2)
    with Progress(console=people, transient=True, disable=not people.is_terminal) as progress:
        progress.add_task("Sealing anew", total=None)
        count = with_database(lambda database: reseal(database, PLACES, Secrets(before, settings.signing_key)))
    lost = f"; {count.lost} could be opened with neither secret" if count.lost else ""
    say(f"{count.renewed} values are sealed anew{lost}.")
