"""The gateway's official npm client against the simulator: a second judge of its honesty.

It was written by the gateway's own people in another language; what it reads into the answers is
what the product's own client must read there too.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.phone import PhoneSimulator

pytestmark = pytest.mark.npm
HERE = Path(__file__).parent / "npm"
FILES = ("package.json", "package-lock.json", "peer.js")
CACHE = Path(__file__).parents[2] / "local" / ".data"
KEY = "key-of-the-account"
ASHA, JUMA = "+255712000001", "+255754000002"


@pytest.fixture(scope="session")
def peer() -> Path:
    """The client as its lock file pins it, installed once for each state of these files."""
    said = b"".join((HERE / name).read_bytes() for name in FILES)
    folder = CACHE / f"npm-peer-{hashlib.sha256(said).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # workers of the tests share it
        if not (folder / "done").exists():
            _install(folder)
            (folder / "done").touch()
    return folder


def _install(folder: Path) -> None:
    for name in FILES:
        shutil.copy(HERE / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=180, check=False
        )
        said = done.stderr.strip() or done.stdout.strip() if done.returncode else ""
    except subprocess.TimeoutExpired:
        said = "no answer within 3 minutes"
    if said:
        pytest.fail(f"npm could not install the gateway's client: {said[-800:]}", pytrace=False)


@pytest.fixture(scope="module")
def shared() -> Iterator[PhoneSimulator]:
    with PhoneSimulator(report="", api_key=KEY) as phone:
        yield phone


@pytest.fixture
def phone(shared: PhoneSimulator) -> PhoneSimulator:
    shared.reset()
    return shared


def ask(peer: Path, phone: PhoneSimulator, *calls: Any, key: str = KEY) -> list[dict[str, Any]]:
    """What the client made of each answer."""
    done = subprocess.run(
        ["node", "peer.js", phone.url, "sandbox", key],
        cwd=peer,
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={name: value for name, value in os.environ.items() if "PROXY" not in name.upper()},
    )
    assert done.returncode == 0, done.stderr[-800:]
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def message(to: Any = ASHA, **more: Any) -> list[Any]:
    return ["send", {"to": to, "message": "Habari: 'Ñ' & 😀", "from": "15200", **more}]


def test_a_message_is_accepted_and_kept_as_written(peer: Path, phone: PhoneSimulator) -> None:
    [done] = ask(peer, phone, message())
    data = done["answer"]["SMSMessageData"]
    [kept] = phone.ledger()
    assert (kept.number, kept.text, kept.sender) == (ASHA, "Habari: 'Ñ' & 😀", "15200")
    assert data["Message"] == "Sent to 1/1 Total Cost: TZS 22.0000"
    assert data["Recipients"] == [
        {
            "statusCode": 101,
            "number": ASHA,
            "status": "Success",
            "cost": "TZS 22.0000",
            "messageId": kept.id,
            "messageParts": 1,
        }
    ]


def test_recipients_are_answered_one_by_one(peer: Path, phone: PhoneSimulator) -> None:
    phone.fault(number=JUMA, status_code=406)
    [done] = ask(peer, phone, message([ASHA, JUMA], enqueue=True))
    recipients = done["answer"]["SMSMessageData"]["Recipients"]
    assert [each["statusCode"] for each in recipients] == [101, 406]
    assert recipients[1]["messageId"] == "None"
    assert [each.number for each in phone.ledger()] == [ASHA]


def test_the_reply_of_an_on_demand_service_takes_its_link_id(
    peer: Path, phone: PhoneSimulator
) -> None:
    given = {"to": ASHA, "from": "15200", "message": "Asante", "keyword": "MREJESHO"}
    [done] = ask(peer, phone, ["sendPremium", given | {"linkId": "L1"}])
    assert "answer" in done
    assert [(each.sender, each.link_id) for each in phone.ledger()] == [("15200", "L1")]


def test_a_wrong_key_is_an_error_with_its_status(peer: Path, phone: PhoneSimulator) -> None:
    [done] = ask(peer, phone, message(), key="wrong")
    assert done["status"] == 401
    assert "authentication is invalid" in done["body"]
    assert phone.ledger() == []


def test_faults_look_to_it_like_the_gateway_s(peer: Path, phone: PhoneSimulator) -> None:
    phone.fault(empty=True)
    phone.fault(http_status=500)
    phone.fault(drop=True, accept=True)
    phone.fault(message_id="None")
    empty, broken, dropped, unnamed = ask(peer, phone, *[message()] * 4)
    assert empty["answer"]["SMSMessageData"]["Recipients"] == []
    assert broken["status"] == 500
    assert "status" not in dropped
    assert dropped["error"]
    assert unnamed["answer"]["SMSMessageData"]["Recipients"][0]["messageId"] == "None"
    assert len(phone.ledger()) == 2


def test_a_registry_that_does_not_answer_fails_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "empty"))
    with pytest.raises(pytest.fail.Exception, match="(?s)npm could not install .*ECONNREFUSED"):
        _install(tmp_path)
