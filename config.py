"""Settings of the application, read from the environment (the public contract names them)."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit


class ConfigurationError(RuntimeError):
    """A setting is missing or cannot be read; the message names it and never holds its value."""


def _keys(environ: Mapping[str, str], name: str) -> dict[str, bytes]:
    """Versioned keys: `id:base64[,id:base64…]`; the first one is used for new work."""
    keys: dict[str, bytes] = {}
    for part in filter(None, (p.strip() for p in environ.get(name, "").split(","))):
        key_id, _, encoded = part.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise ConfigurationError(f"{name}: key {key_id!r} is not base64") from error
        if len(key) != 32:
            raise ConfigurationError(f"{name}: key {key_id!r} must be 32 bytes")
        keys[key_id] = key
    if not keys:
        raise ConfigurationError(f"{name} is not set")
    return keys


def _secret(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if len(value) < 32:
        raise ConfigurationError(f"{name} is not set, or shorter than 32 characters")
    return value


def _whole(environ: Mapping[str, str], name: str, otherwise: int) -> int:
    """A positive whole number."""
    text = environ.get(name) or str(otherwise)
    if not text.isdecimal() or not int(text):
        raise ConfigurationError(f"{name} is not a positive whole number")
    return int(text)


def _hours(environ: Mapping[str, str], name: str, otherwise: str) -> tuple[int, int]:
    """Two hours of the day, as in `21-7`; `0-0` stands for none."""
    begin, dash, end = (environ.get(name) or otherwise).partition("-")
    hours = [int(each) if each.strip().isdecimal() else 24 for each in (begin, end)]
    if not dash or max(hours) > 23:
        raise ConfigurationError(f"{name} is not two hours of the day, as in 21-7")
    return hours[0], hours[1]


def _postgres(url: str) -> str:
    """The one dialect; the short scheme that hosting providers hand out is accepted."""
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    return url


def _words(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _is_here(host: str | None) -> bool:
    """Whether a host is this machine: no name (a socket), or a loopback address."""
    if not host or host == "localhost" or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_plain(url: str, environ: Mapping[str, str]) -> bool:
    """Whether what goes to this address could be read on the way: another machine, without TLS."""
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    if parts.scheme in ("https", "rediss") or parts.scheme.endswith("unix"):
        return False
    if parts.scheme.startswith("postgres"):
        modes = asked.get("sslmode", [environ.get("PGSSLMODE", "")])
        if modes[-1] in ("require", "verify-ca", "verify-full"):
            return False
    # Several servers may be named, in the address or behind it.
    named = parts.netloc.rpartition("@")[2].split(",") + ",".join(asked.get("host", [])).split(",")
    return not all(_is_here(urlsplit(f"//{each}").hostname or each) for each in named)


def _refuse_plain(environ: Mapping[str, str], urls: Mapping[str, str]) -> None:
    """Connections to other machines are encrypted, unless the operator answers for the network."""
    plain = sorted(name for name, url in urls.items() if url and _is_plain(url, environ))
    if plain and environ.get("TRUST_NETWORK", "") != "1":
        raise ConfigurationError(
            f"{', '.join(plain)}: another machine, and the connection to it is not encrypted."
            " Ask for TLS (sslmode=verify-full, rediss://, https://), or set TRUST_NETWORK=1 where"
            " the network between the machines is encrypted by other means"
        )


def _staff_hosts(environ: Mapping[str, str], public_url: str) -> tuple[str, ...]:
    """Names of the officers' own; none where they share those of the citizens."""
    url = urlsplit(environ.get("STAFF_URL") or public_url)
    public = urlsplit(public_url)
    more = _words(environ.get("STAFF_HOSTS", ""))
    if url.hostname == public.hostname:
        if more:
            raise ConfigurationError("STAFF_HOSTS needs a STAFF_URL of its own")
        return ()
    if url.scheme != public.scheme or not url.hostname:
        raise ConfigurationError("STAFF_URL must be an address of the same scheme as PUBLIC_URL")
    hosts = (url.hostname, *more)
    if public.hostname in hosts or set(hosts) & set(_words(environ.get("ALLOWED_HOSTS", ""))):
        raise ConfigurationError("STAFF_HOSTS: a name belongs to citizens or to officers, not both")
    return hosts


def _gateway(environ: Mapping[str, str], public_url: str) -> dict[str, Any]:
    """Which SMS gateway is used, and what describes one that speaks plain HTTP."""
    # Only here, since the package of the application imports this module.
    from feedback.gateway import profile

    name = environ.get("SMS_GATEWAY") or "africastalking"
    if name not in ("africastalking", "http"):
        raise ConfigurationError("SMS_GATEWAY must be africastalking or http")
    described, token = None, ""
    # One that is described brings what it still has, also when the other one sends.
    if name == "http" or environ.get("SMS_HTTP_URL"):
        token = _secret(environ, "SMS_HTTP_HOOK_TOKEN")
        if quote(token, safe="") != token:
            raise ConfigurationError("SMS_HTTP_HOOK_TOKEN may hold letters, digits, - and _ only")
        shortcode = environ.get("AT_SHORTCODE", "")
        try:
            described = profile.read({"SMS_HTTP_SENDER": shortcode, **environ})
        except ValueError as error:
            raise ConfigurationError(str(error)) from None
    return {
        "SMS_GATEWAY": name,
        "SMS_HTTP": described,
        "SMS_HTTP_HOOK_TOKEN": token,
        "SMS_HTTP_REPORT_URL": f"{public_url.rstrip('/')}/hooks/sms/{token}/delivery",
    }


SECURITIES = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}


def _smtp(environ: Mapping[str, str]) -> dict[str, Any] | None:
    """SMTP_URL (smtp, smtp+starttls or smtps, with user and password), or its parts by themselves:
    SMTP_HOST, SMTP_PORT, SMTP_USER, SMTP_PASSWORD and SMTP_TLS (none, starttls, tls)."""
    if url := environ.get("SMTP_URL", ""):
        parts = urlsplit(url)
        try:
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise ConfigurationError("SMTP_URL names no port that can be") from None
        security = SECURITIES.get(parts.scheme, "")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    else:
        host = environ.get("SMTP_HOST", "")
        port = _whole(environ, "SMTP_PORT", 0) if environ.get("SMTP_PORT") else None
        security = environ.get("SMTP_TLS") or "starttls"
        user, password = environ.get("SMTP_USER", ""), environ.get("SMTP_PASSWORD", "")
        if not host:
            return None
    if not host or security not in SECURITIES.values():
        raise ConfigurationError("SMTP_URL or SMTP_HOST and SMTP_TLS cannot be read")
    if "@" not in environ.get("MAIL_FROM", "") or {"\r", "\n"} & set(environ["MAIL_FROM"]):
        raise ConfigurationError("MAIL_FROM is not an address")
    usual = {"none": 25, "starttls": 587, "tls": 465}[security]
    return {
        "host": host,
        "port": port or usual,
        "security": security,
        "user": user,
        "password": password,
    }


def load(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Settings for `create_app`.

    Raises ConfigurationError when a required one is missing.
    """
    env = os.environ if environ is None else environ
    if not env.get("DATABASE_URL"):
        raise ConfigurationError("DATABASE_URL is not set")
    web = _postgres(env["DATABASE_URL"])
    public_url = env.get("PUBLIC_URL", f"http://127.0.0.1:{env.get('PORT', '8000')}")
    secure = urlsplit(public_url).scheme == "https"
    secret = _secret(env, "SECRET_KEY")
    redis = env.get("REDIS_URL", "redis://127.0.0.1:6379/0")
    clamd = env.get("CLAMD_SOCKET", "")
    gateway = _gateway(env, public_url)
    named = ["DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_OWNER_URL", "DATABASE_LOADER_URL"]
    named.append("SMS_HTTP_URL" if gateway["SMS_GATEWAY"] == "http" else "AT_BASE_URL")
    _refuse_plain(
        env,
        {name: env.get(name, "") for name in named}
        | {"REDIS_URL": redis, "CLAMD_SOCKET": "" if clamd.startswith("/") else f"//{clamd}"},
    )
    return {
        "SECRET_KEY": secret,
        "DATABASE_URL": web,
        "DATABASE_WORKER_URL": _postgres(env.get("DATABASE_WORKER_URL") or web),
        "DATABASE_OWNER_URL": _postgres(env.get("DATABASE_OWNER_URL") or web),
        "DATABASE_LOADER_URL": _postgres(
            env.get("DATABASE_LOADER_URL") or env.get("DATABASE_OWNER_URL") or web
        ),
        "REDIS_URL": redis,
        "IDENTITY_KEYS": _keys(env, "IDENTITY_KEYS"),
        "AUDIT_KEYS": _keys(env, "AUDIT_KEYS"),
        # A file outside the database for signed heads of the record's chain; empty: none is kept.
        "AUDIT_HEADS": env.get("AUDIT_HEADS", ""),
        "NUMBER_HASH_KEY": _secret(env, "NUMBER_HASH_KEY").encode(),
        # The receipt code's key; without one of its own it is bound to SECRET_KEY.
        "RECEIPT_KEY": (env.get("RECEIPT_KEY") or f"receipt:{secret}").encode(),
        # That of the tokens in letters' QR codes. Letters lie in files for years: a key of its own
        # outlives a change of SECRET_KEY.
        "LETTER_KEY": (env.get("LETTER_KEY") or f"letter:{secret}").encode(),
        # The key of proof codes and their PINs; the same is true of it.
        "PROOF_KEY": (env.get("PROOF_KEY") or f"proof:{secret}").encode(),
        "PUBLIC_URL": public_url.rstrip("/"),
        # Names under which pages are served: that of PUBLIC_URL, and more by ALLOWED_HOSTS.
        "ALLOWED_HOSTS": (
            urlsplit(public_url).hostname or "",
            *_words(env.get("ALLOWED_HOSTS", "")),
        ),
        # Where officers work, if that is another name than the citizens': then neither side's pages
        # are served under the other's. More names of theirs by STAFF_HOSTS.
        "STAFF_URL": (env.get("STAFF_URL") or public_url).rstrip("/"),
        "STAFF_HOSTS": _staff_hosts(env, public_url),
        "HOME_INSTITUTION": env.get("HOME_INSTITUTION", "PO-PSMGG"),
        "DEMO": env.get("DEMO", "") == "1",
        "AT_USERNAME": env.get("AT_USERNAME", "sandbox"),
        "AT_API_KEY": env.get("AT_API_KEY", ""),
        "AT_BASE_URL": env.get("AT_BASE_URL", "").rstrip("/"),
        "AT_SHORTCODE": env.get("AT_SHORTCODE", ""),
        "AT_HOOK_TOKEN": env.get("AT_HOOK_TOKEN", ""),
        # Only where the short code is an on-demand service, which citizens pay for.
        "AT_KEYWORD": env.get("AT_KEYWORD", ""),
        # What a phone dials for the menu, as SMS name it; empty where no code is rented.
        "USSD_CODE": env.get("USSD_CODE", ""),
        **gateway,
        # ClamAV's daemon: a path or host:port; empty where there is none.
        "CLAMD_SOCKET": clamd,
        # Bytes for files that belong to no case yet: beyond, words are taken and files are not.
        "STAGING": int(env.get("STAGING_MB", "2048")) * 1024 * 1024,
        # Numbers that SMS are sent to, by how they begin, and how many automatic SMS one number
        # gets in a day: whoever makes numbers up must not make them cost. A demonstration pays
        # for none, and its one phone plays many citizens.
        "SMS_PREFIXES": _words(env.get("SMS_PREFIXES", "+255")),
        "SMS_PER_NUMBER": int(
            env.get("SMS_PER_NUMBER") or (1_000 if env.get("DEMO") == "1" else 20)
        ),
        # SMS of a day in all, and how many of a hundred are kept for acknowledgements and replies.
        # Every SMS is one part: times the price of one, this bounds a day's cost.
        "SMS_PER_DAY": _whole(env, "SMS_PER_DAY", 100_000),
        "SMS_RESERVE": min(_whole(env, "SMS_RESERVE", 30), 100),
        # Hours of Dar es Salaam at which only who wrote gets an SMS. A demonstration is looked at
        # at any hour.
        "QUIET_HOURS": _hours(env, "QUIET_HOURS", "0-0" if env.get("DEMO") == "1" else "21-7"),
        # SMS that one worker hands over side by side; each needs a connection to the database.
        "SMS_SENDERS": min(_whole(env, "SMS_SENDERS", 8), 10),
        # None: nothing is sent by e-mail, and nothing is owed.
        "SMTP": _smtp(env),
        "MAIL_FROM": env.get("MAIL_FROM", ""),
        "METRICS_TOKEN": env.get("METRICS_TOKEN", ""),
        "PROXIES": int(env.get("PROXIES", "0")),
        "BABEL_DEFAULT_LOCALE": "sw",
        "BABEL_DEFAULT_TIMEZONE": "Africa/Dar_es_Salaam",
        # With the prefix a browser takes the cookie over TLS from this very host only.
        "SESSION_COOKIE_NAME": "__Host-mrejesho" if secure else "mrejesho",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": secure,
        "SEND_FILE_MAX_AGE_DEFAULT": 31_536_000,
        # Officers: minutes without a click until a session is over (the second for head, oversight,
        # ethics and admin), and hours until it is over whoever is there.
        "IDLE_MINUTES": _whole(env, "IDLE_MINUTES", 120),
        "IDLE_MINUTES_TIGHT": _whole(env, "IDLE_MINUTES_TIGHT", 30),
        "SESSION_HOURS": _whole(env, "SESSION_HOURS", 12),
        "PERMANENT_SESSION_LIFETIME": _whole(env, "SESSION_HOURS", 12) * 3600,
        "MAX_CONTENT_LENGTH": 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 512 * 1024,
        "WTF_CSRF_TIME_LIMIT": 4 * 3600,
        "WTF_CSRF_CHECK_DEFAULT": False,
        "SQLALCHEMY_DATABASE_URI": web,
        "SQLALCHEMY_ENGINE_OPTIONS": {},
        # The limiter's library has a name of its own for a server on a socket.
        "RATELIMIT_STORAGE_URI": redis.replace("unix://", "redis+unix://"),
        "RATELIMIT_HEADERS_ENABLED": False,
    }
