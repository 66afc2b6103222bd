"""Under which names pages are served: a name that a visitor makes up builds no address of ours.

Behind TLS: the name of PUBLIC_URL and those of ALLOWED_HOSTS. Without TLS, on one machine or in
its local network, addresses as well and names that no registry gives away: no stranger can make
them point here. Health checks and metrics come by any name; their answers hold no address.
"""

from __future__ import annotations

from ipaddress import ip_address

from flask import current_app

PRIVATE = (".localhost", ".local", ".internal", ".test", ".home.arpa")
"""Endings of names that no registry gives away."""


def is_known(host: str, endpoint: str | None) -> bool:
    """Whether a request for this host (with or without port) is ours to answer."""
    if endpoint is not None and endpoint.startswith("operations."):
        return True
    name = _name(host)
    if name in {known.lower() for known in current_app.config["ALLOWED_HOSTS"]}:
        return True
    return not current_app.config["SESSION_COOKIE_SECURE"] and _is_near(name)


def _name(host: str) -> str:
    """The host without its port, brackets and final dot."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].rstrip(".").lower()


def _is_near(name: str) -> bool:
    if not name:
        return False
    try:
        ip_address(name)
    except ValueError:
        return "." not in name or name.endswith(PRIVATE)
    return True
