"""Where each process that serves begins. Only such a one loads the API's operations: the other commands are up in half the time."""

import gc

gc.disable()  # As in `app.cli`.

from app.main import create_app  # noqa: E402 - after the collector was told to rest

_MADE_BETWEEN_LOOKS = 20_000
"""Objects; a request makes some hundreds, and leaves next to no cycles to look for."""

gc.freeze()
gc.set_threshold(_MADE_BETWEEN_LOOKS)
gc.enable()


def application() -> object:
    """The application for uvicorn's workers; what it is made of is not looked through again either."""
    made = create_app()
    gc.freeze()
    return made
