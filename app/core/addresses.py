"""Addresses that we are asked to send something to: read strictly, and told apart by whom they lead to. Nothing here looks anything up."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import idna

IPAddress = IPv4Address | IPv6Address

_URL = re.compile(r'((?i:https?))://([^/?#\\@\s]+)(/[!"$->@-\[\]-~]*)?(\?[!"$-\[\]-~]*)?', re.ASCII)
_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::(\d{1,5}))?", re.ASCII)
_NAMED = re.compile(r"([^:\[\]]+)(?::(\d{1,5}))?", re.ASCII)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_LONGEST_NAME = 253
_PORTS = {"http": 80, "https": 443}
_FIRST_UNPRIVILEGED, _LAST_PORT = 1024, 65535

# What `ipaddress` takes for global in some release of Python, and is not.
_NOT_PUBLIC_4 = [IPv4Network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4", "240.0.0.0/4")]
_NOT_PUBLIC_6 = [IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "3fff::/20")]
_UNICAST_6 = IPv6Network("2000::/3")
_NAT64, _6TO4 = IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16")


class RefusedAddressError(ValueError):
    """An address that nothing may be sent to; its text is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """An http or https URL, taken apart. The host is in lower-case ASCII, and an IPv6 address in it has no brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def literal(self) -> IPAddress | None:
        """The host, where it is an address and not a name."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None


def parse(url: str) -> Target:
    """`url` taken apart; raises RefusedAddressError for whatever different programs could read differently.

    No user name, no fragment, no backslash, no white space; other than ASCII only in the host's name (it becomes IDNA). A host that looks
    like a number must be an IPv4 address of four decimal parts: `2130706433`, `0x7f.1` and `0177.0.0.1` are read as 127.0.0.1 by some.
    Ports are 80, 443 or from 1024 on: below that, other protocols listen, and some of them would take a request for their own.
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise RefusedAddressError(
            "It must be http:// or https://, a host, and a path in ASCII; without user name, fragment or white space."
        )
    scheme = match[1].lower()
    bracketed = _BRACKETED.fullmatch(match[2])
    named = bracketed or _NAMED.fullmatch(match[2])
    if named is None:
        raise RefusedAddressError("The host is neither a name nor an address, or its port is no number.")
    host = _address_in_brackets(named[1]) if bracketed else normalised_host(named[1])
    port = int(named[2]) if named[2] else _PORTS[scheme]
    if port not in _PORTS.values() and not _FIRST_UNPRIVILEGED <= port <= _LAST_PORT:
        raise RefusedAddressError("The port must be 80, 443, or from 1024 to 65535.")
    return Target(scheme, host, port, (match[3] or "/") + (match[4] or ""))


def _address_in_brackets(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except ValueError:
        raise RefusedAddressError("What stands in brackets is not an IPv6 address.") from None


def normalised_host(text: str) -> str:
    """A host's name in the form in which it is looked up; raises RefusedAddressError for what is no name."""
    name = text.lower() if text.isascii() else _to_ascii(text)
    labels = name.split(".")
    if len(name) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise RefusedAddressError("The host is not a name: its parts have 1 to 63 letters, digits and hyphens, and it ends without a dot.")
    if not _NUMBER.fullmatch(labels[-1]):
        return name
    try:
        return str(IPv4Address(name))
    except ValueError:
        raise RefusedAddressError("The host looks like a number, and is not an IPv4 address of four decimal parts.") from None


def _to_ascii(text: str) -> str:
    try:
        return idna.encode(text, uts46=True).decode("ascii").lower()
    except UnicodeError:  # `IDNAError` is one.
        raise RefusedAddressError("The host is not a name that IDNA knows.") from None


def is_public(address: IPAddress) -> bool:
    """Whether `address` leads to the internet, also where an IPv4 address is wrapped in it: mapped, by NAT64 or by 6to4."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in _NOT_PUBLIC_4)
    inner = _wrapped(address)
    if inner is not None:
        return is_public(inner)
    return address.is_global and address in _UNICAST_6 and not any(address in network for network in _NOT_PUBLIC_6)


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.sixtofour if address in _6TO4 else address.ipv4_mapped


def is_this_machine(host: str) -> bool:
    """Whether a name means the machine itself, whatever a resolver says (RFC 6761)."""
    return host == "localhost" or host.endswith(".localhost")
