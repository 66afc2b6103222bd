"""`python -m local.phone`: the simulator as a process of its own, until SIGTERM or Ctrl-C."""

import argparse
import logging
import os
import signal
import sys
from pathlib import Path

from .simulator import RETRY_S, WAYS, PhoneSimulator

TOKEN_FILE = Path("local/.data/hook-token")


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The command line; what it leaves out comes from the environment, then from defaults."""
    env = os.environ
    parser = argparse.ArgumentParser(prog="python -m local.phone", description=__doc__)
    parser.add_argument("--port", type=int, default=int(env.get("PHONE_PORT") or 8001))
    parser.add_argument(
        "--mail-port",
        type=int,
        default=int(env["MAIL_PORT"]) if env.get("MAIL_PORT") else None,
        help="where e-mail is taken by SMTP",
    )
    parser.add_argument(
        "--callback-base",
        default=env.get("PUBLIC_URL") or "http://127.0.0.1:8000",
        help="where the product listens",
    )
    parser.add_argument(
        "--token-file",
        type=Path,
        default=TOKEN_FILE,
        help="holds the hook's token; AT_HOOK_TOKEN in the environment wins. A plain gateway's "
        "hooks take SMS_HTTP_HOOK_TOKEN",
    )
    parser.add_argument(
        "--way",
        choices=WAYS,
        default="get" if env.get("SMS_GATEWAY") == "http" else "africastalking",
        help="how an SMS of a phone reaches the product",
    )
    parser.add_argument("--retry", type=float, default=RETRY_S, help="seconds between two tries")
    return parser.parse_args(given)


def refused() -> bool:
    """Whether this stands beside a real database.

    Anyone who reaches the page can write as any number, so it keeps to the embedded database and
    to demonstrations; the local run marks both with DEMO=1.
    """
    return bool(os.environ.get("DATABASE_URL")) and os.environ.get("DEMO") != "1"


def simulator(chosen: argparse.Namespace) -> PhoneSimulator:
    """The simulator as the command line and the environment want it, with the key of the gateway
    that SMS go by."""
    env = os.environ
    return PhoneSimulator(
        port=chosen.port,
        callback_base=chosen.callback_base,
        token=env.get("AT_HOOK_TOKEN") or chosen.token_file,
        plain_token=env.get("SMS_HTTP_HOOK_TOKEN", ""),
        api_key=env.get("AT_API_KEY" if chosen.way == "africastalking" else "SMS_HTTP_KEY", ""),
        way=chosen.way,
        shortcode=env.get("AT_SHORTCODE") or "15200",
        retry_s=chosen.retry,
        mail_port=chosen.mail_port,
    )


def main() -> int:
    """Serve until told to stop; 1 when the port is taken, 2 beside a real database."""
    if refused():
        sys.stderr.write("The phone simulator runs beside a real database only with DEMO=1.\n")
        return 2
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
    chosen = arguments()
    phone = simulator(chosen)
    # Blocked before any thread starts, so that the wait below is the one that takes them.
    endings = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, endings)
    try:
        phone.start()
    except OSError as error:
        ports = " or ".join(str(p) for p in (chosen.port, chosen.mail_port) if p is not None)
        sys.stderr.write(f"The phone simulator cannot use port {ports}: {error.strerror}\n")
        return 1
    logging.getLogger(__name__).info("phones at %s", phone.url)
    signal.sigwait(endings)
    phone.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
