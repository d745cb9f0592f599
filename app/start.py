"""Where the command begins, and each process that serves.

The garbage collector rests while modules load: what they make stays, and looking through it again and again is a fifth of the start.
"""

import gc

gc.disable()

from app import cli  # noqa: E402 - after the collector was told to rest
from app.main import create_app  # noqa: E402 - as above

gc.freeze()
gc.enable()


def main() -> None:
    """Run the command."""
    cli.main()


def application() -> object:
    """The application for uvicorn's workers; what it is made of is not looked through again either."""
    made = create_app()
    gc.freeze()
    return made
