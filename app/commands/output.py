"""What a command writes for programs, on standard output."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def put(line: object) -> None:
    """Write a line, at once."""
    with written():
        print(line)


@contextmanager
def written() -> Iterator[None]:
    """See to it that what is written here arrives; where it does not, end.

    Of a pipe that is closed nothing is said: whoever had read enough closed it. It is no OSError any more, which would be taken for the
    database's, nor tried again when the process ends.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"output: It cannot be written: {error.strerror}.", file=sys.stderr)
        sys.exit(1)
