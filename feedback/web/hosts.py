"""Under which names pages are served: a name that a visitor makes up builds no address of ours.

Behind TLS: the name of PUBLIC_URL and those of ALLOWED_HOSTS. Without TLS, on one machine or in
its local network, addresses as well and names that no registry gives away: no stranger can make
them point here. Health checks and metrics come by any name; their answers hold no address.

With STAFF_URL citizens and officers have names of their own, so that nothing which goes wrong in a
page of the one reaches the cookies of the other: each side's pages are not there on the other's.
"""

from __future__ import annotations

from ipaddress import ip_address

from flask import current_app, request

PRIVATE = (".localhost", ".local", ".internal", ".test", ".home.arpa")
"""Endings of names that no registry gives away."""


def is_known(host: str, endpoint: str | None) -> bool:
    """Whether a request for this host (with or without port) is ours to answer."""
    if endpoint is not None and endpoint.startswith("operations."):
        return True
    return is_of_staff(host) or _is_public(_name(host))


def is_of_staff(host: str) -> bool:
    """Whether this is a name of the officers' own; never where all share one."""
    return _name(host) in _names("STAFF_HOSTS")


def serves(host: str, *, staff: bool) -> bool:
    """Whether pages for officers, or those for citizens, are served under this (known) name."""
    return not _names("STAFF_HOSTS") or is_of_staff(host) is staff


def citizens(path: str) -> str:
    """The address of a citizens' page in a link, from whichever side it is read."""
    return f"{current_app.config['PUBLIC_URL']}{path}" if is_of_staff(request.host) else path


def are_apart() -> bool:
    """Whether citizens and officers have names of their own."""
    return bool(_names("STAFF_HOSTS"))


def _names(setting: str) -> set[str]:
    return {known.lower() for known in current_app.config[setting]}


def _is_public(name: str) -> bool:
    if name in _names("ALLOWED_HOSTS"):
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
