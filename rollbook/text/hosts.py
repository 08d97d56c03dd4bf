"""Hosts by their name or number."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
