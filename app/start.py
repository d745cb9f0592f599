"""Where the command begins.

The garbage collector rests while modules load: what they make stays, and looking through it again and again is a fifth of the start.
"""

import gc

gc.disable()

from app import cli  # noqa: E402 - after the collector was told to rest

gc.freeze()
gc.enable()


def main() -> None:
    """Run the command."""
    cli.main()
