"""Dateline: the content API of a newsroom."""

from importlib.metadata import version

__version__ = version("dateline")
