"""`python -m local.run`: the whole product on one machine, until Ctrl-C.

Starts the embedded servers, brings the database up to date, then runs the Procfile's processes
and the phone simulator. What stands in the environment is respected; what does not is chosen.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from local import external, flask, keys
from local.places import CHECKOUT
from local.problems import CannotStart, explain
from local.processes import Lock, end, in_session, send, spawn, with_environment
from local.servers import DATABASE, EmbeddedServers, provision
from local.supervisor import Supervisor, parse_procfile, python_module

DATA = CHECKOUT / "local" / ".data"
REFERENCE = CHECKOUT / "feedback" / "reference"
LOOPBACK = "127.0.0.1"
# Set for every process of a run, so that the next run finds what this one may leave behind.
MARK = "MREJESHO_LOCAL_RUN"
PREPARE_LIMIT = 900  # seconds; demo data on a slow machine


def _port(name: str, text: str) -> int:
    """A port from the environment, or CannotStart."""
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise CannotStart(f"{name}={text} is not a port: a number from 1 to 65535 is needed.")
    return int(text)


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As gunicorn does it: a connection that is still fading away is no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise CannotStart(
                f"This user may not listen on port {port}. Choose one above 1023: "
                "PORT=8000 make run"
            ) from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise CannotStart(f"HOST={host} is not an address of this machine.") from None
    return True


def is_demonstration(environ: Mapping[str, str]) -> bool:
    """Whether made-up data and the phone simulator are wanted: as DEMO says, else on the
    embedded database only."""
    return (environ.get("DEMO") or ("" if environ.get("DATABASE_URL") else "1")) == "1"


def choose_ports(environ: Mapping[str, str], *, phone: bool = True) -> tuple[int, int | None]:
    """The web's port and the simulator's, or CannotStart when a wanted one is taken.

    The simulator takes PHONE_PORT, else the first free one after the web's; None without `phone`.
    """
    host = environ.get("HOST", LOOPBACK)
    port = _port("PORT", environ.get("PORT") or "8000")
    if not _is_free(host, port):
        raise CannotStart(
            f"Port {port} on {host} is taken by another program. Stop that one, or choose "
            f"another port: PORT={port + 10} make run"
        )
    if not phone:
        return port, None
    if environ.get("PHONE_PORT"):
        wanted = _port("PHONE_PORT", environ["PHONE_PORT"])
        if wanted == port or not _is_free(LOOPBACK, wanted):
            raise CannotStart(
                f"Port {wanted}, wanted for the phone simulator, is taken. Choose another: "
                f"PHONE_PORT={wanted + 10} make run"
            )
        return port, wanted
    return port, _free_after(port)


def _free_after(port: int) -> int:
    """The first free port after another, or CannotStart."""
    for candidate in range(port + 1, min(port + 100, 65536)):
        if _is_free(LOOPBACK, candidate):
            return candidate
    raise CannotStart(f"No port after {port} is free for the phone simulator: set PHONE_PORT.")


def environment(
    environ: Mapping[str, str],
    made: Mapping[str, str],
    servers: EmbeddedServers,
    ports: tuple[int, int | None],
    data: Path,
) -> dict[str, str]:
    """The environment of every process: what is chosen here, below what the caller has set.

    Without a simulator SMS go to Africa's Talking itself, by the caller's AT_… settings.
    """
    port, phone = ports
    chosen = {
        **made,
        "PORT": str(port),
        "PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "HOME_INSTITUTION": "PO-PSMGG",
        "AT_USERNAME": "sandbox",
        "AT_SHORTCODE": "15200",
        "USSD_CODE": "*152*00#",
        "FLASK_APP": "wsgi",
        "PYTHONUNBUFFERED": "1",
    }
    if phone is not None:
        chosen |= {"PHONE_PORT": str(phone), "AT_BASE_URL": f"http://{LOOPBACK}:{phone}"}
        if not (environ.get("SMTP_URL") or environ.get("SMTP_HOST")):
            mail = _port("MAIL_PORT", environ.get("MAIL_PORT") or str(_free_after(phone)))
            chosen |= {
                "MAIL_PORT": str(mail),
                "SMTP_URL": f"smtp://{LOOPBACK}:{mail}",
                "MAIL_FROM": "e-Mrejesho <mrejesho@example.org>",
            }
    if servers.postgres is not None:
        chosen |= {
            "DATABASE_URL": servers.url("mrejesho_web"),
            "DATABASE_WORKER_URL": servers.url("mrejesho_worker"),
            "DATABASE_OWNER_URL": servers.url("mrejesho_owner"),
            "DATABASE_LOADER_URL": servers.url("mrejesho_loader"),
            "DEMO": "1",
            "AUDIT_HEADS": str(data / "audit-heads.jsonl"),
        }
    if servers.queue is not None:
        chosen["REDIS_URL"] = servers.redis_url()
    given = {name: value for name, value in environ.items() if value or name not in chosen}
    programs = str(Path(sys.executable).parent)
    path = os.pathsep.join([programs, environ.get("PATH", os.defpath)])
    return {**chosen, **given, "PATH": path, MARK: str(data)}


def reference_stamp() -> str:
    """A hash of the reference files, which changes when one of them does."""
    digest = hashlib.sha256()
    for file in sorted(REFERENCE.glob("*.csv")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def prepare_all(env: Mapping[str, str], servers: EmbeddedServers) -> None:
    """Bring the database up to date, embedded or not.

    The embedded one gets the reference files once, and again when they change, so that what an
    administrator has edited on screen stays. Of another one it is not known what it has.
    """
    if servers.postgres is None:
        external.make_ready(env)
    stamp_file = servers.place.state / "reference-loaded"
    stamp = reference_stamp()
    fresh = provision(servers, DATABASE) if servers.postgres is not None else True
    known = not fresh and stamp_file.exists() and stamp_file.read_text() == stamp
    names = ["upgrade"] + ([] if known else ["import-reference"])
    prepare(env, names + (["demo"] if env.get("DEMO") == "1" else []))
    if servers.postgres is not None:
        stamp_file.write_text(stamp)


def prepare(env: Mapping[str, str], names: Sequence[str]) -> None:
    """Run steps of `local.prepare`; raises CannotStart when one of them fails."""
    process = spawn(
        [sys.executable, "-m", "local.prepare", *names],
        env=env,
        cwd=CHECKOUT,
        output=sys.stdout.buffer,
        death_signal=signal.SIGKILL,
    )
    try:
        status = process.wait(PREPARE_LIMIT)
    except subprocess.TimeoutExpired:
        raise CannotStart(f"Preparing the database took over {PREPARE_LIMIT} s.") from None
    finally:
        send(in_session(process.pid), signal.SIGKILL)
        process.wait()
    if status != 0:
        raise CannotStart("The database could not be prepared; the lines above say why.")


def greeting(env: Mapping[str, str], logins_file: Path, seconds: float) -> str:
    """What a person needs to know once everything is ready."""
    public = env["PUBLIC_URL"]
    lines = [
        "",
        f"e-Mrejesho is ready after {seconds:.1f} s:  {public}",
        f"Phone simulator:  http://{LOOPBACK}:{env['PHONE_PORT']}"
        if env.get("DEMO") == "1"
        else "SMS go to Africa's Talking as AT_USERNAME and AT_API_KEY say.",
    ]
    if "MAIL_PORT" in env:
        lines.append(f"E-mail sent:      http://{LOOPBACK}:{env['PHONE_PORT']}/mail")
    if env.get("DEMO") == "1" and logins_file.exists():
        lines += ["", f"Demo logins for {public}/staff/login (made up, for this machine only):"]
        for role, login in json.loads(logins_file.read_text()).items():
            secret = f"  secret {login['totp_secret']}" if login.get("totp_secret") else ""
            lines.append(f"  {role:<12} {login['username']:<24} {login['password']}{secret}")
        lines += [
            "",
            "The second step of a login asks for the present code: put the secret into an",
            "authenticator, or ask for the code (from another terminal, in this folder):",
            "  .venv/bin/python -m local.flask totp --role head",
            "",
            "Make a case late, then let it climb (from another terminal, in this folder):",
            "  .venv/bin/python -m local.flask age REFERENCE --working-days 20",
        ]
    lines += ["", "Ctrl-C stops everything.", ""]
    return "\n".join(lines)


def run(environ: Mapping[str, str], data: Path, procfile: Path, *, with_product: bool) -> None:
    """Run until a stop signal; raises CannotStart when that is not possible.

    `with_product=False` leaves out preparing the database and the simulator, so that the rest
    can be tried with a Procfile of one's own.
    """
    began = time.monotonic()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    data.chmod(0o700)
    with ExitStack() as stack:
        stack.enter_context(Lock(data / "lock", "A run of this checkout"))
        end(lambda: with_environment(MARK, str(data)), signal.SIGTERM, 5)
        demonstration = with_product and is_demonstration(environ)
        ports = choose_ports(environ, phone=demonstration)
        servers = EmbeddedServers(
            data, postgres=not environ.get("DATABASE_URL"), queue=not environ.get("REDIS_URL")
        )
        made = keys.load(data / "env", data_exists=servers.has_data)
        print("Starting …", flush=True)
        stack.enter_context(servers)
        env = environment(environ, made, servers, ports, data)
        keys.write_private(data / "hook-token", env["AT_HOOK_TOKEN"])
        stack.callback(flask.publish(env, environ, data).unlink, missing_ok=True)
        tasks = parse_procfile(procfile.read_text())
        ready_url = None
        if with_product:
            prepare_all(env, servers)
            if demonstration:
                tasks["phone"] = python_module("local.phone")
            host = env.get("HOST", LOOPBACK)
            ready_url = f"http://{LOOPBACK if host == '0.0.0.0' else host}:{ports[0]}/health/ready"  # noqa: S104 - compared, not bound

        def when_ready() -> None:
            logins = data / "demo-logins.json"
            print(greeting(env, logins, time.monotonic() - began), flush=True)

        supervisor = Supervisor(
            tasks,
            env=env,
            cwd=CHECKOUT,
            servers=servers,
            ready_url=ready_url,
            when_ready=when_ready,
        )
        supervisor.run()
        print("Stopping …", flush=True)


def _interrupted(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.run", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="where the data is kept")
    parser.add_argument(
        "--procfile", type=Path, help="run only these processes on the embedded servers"
    )
    options = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a letter gets a question mark, not a stopped run.
        sys.stdout.reconfigure(errors="replace")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    data = options.data.resolve()
    procfile = options.procfile or CHECKOUT / "Procfile"
    try:
        run(os.environ, data, procfile, with_product=options.procfile is None)
    except KeyboardInterrupt:
        print("Stopped before it was ready.", file=sys.stderr)
        return 130
    except CannotStart as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\n{explain(error, data)}", file=sys.stderr)
        return 1
    print("Stopped.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
