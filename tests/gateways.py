"""The gateways that tests run against, each as the environment that leads to it.

The two plain ones are those of docs/deployment.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from local.phone import PhoneSimulator

KEY = "key-of-the-account"
TOKEN = "token-of-the-plain-hook-" + "p" * 20


def africastalking(phone: PhoneSimulator) -> dict[str, str]:
    return {"AT_API_KEY": KEY, "AT_BASE_URL": phone.url}


def kannel(phone: PhoneSimulator) -> dict[str, str]:
    fields = {
        "username": "mrejesho",
        "password": "{key}",
        "from": "{sender}",
        "to": "{number}",
        "text": "{text}",
        "charset": "UTF-8",
        "coding": "0",
        "dlr-mask": "31",
        "dlr-url": "{report_url}?id={reference}&status=%d&reason=%A&number=%P&network=%i",
    }
    return {
        "SMS_GATEWAY": "http",
        "SMS_HTTP_URL": f"{phone.url}/cgi-bin/sendsms",
        "SMS_HTTP_METHOD": "get",
        "SMS_HTTP_KEY": KEY,
        "SMS_HTTP_HOOK_TOKEN": TOKEN,
        "SMS_HTTP_FIELDS": json.dumps(fields),
        "SMS_HTTP_ACCEPTED": "^[03]: ",
        "SMS_HTTP_REFUSED": "denied|rejected|Do not try again",
        "SMS_HTTP_REFUSED_STATUS": "400,403",
        "SMS_HTTP_PRICE": "TZS 22",
        "SMS_HTTP_REPORT": '{"number": "number", "reason": "reason", "network": "network"}',
    }


def mgov(phone: PhoneSimulator) -> dict[str, str]:
    payload = {
        "recipients": "{digits}",
        "message": "{text}",
        "datetime": "{time}",
        "sender_id": "{sender}",
        "mobile_service_id": "106",
    }
    report = {"id": "message_id", "status": "state", "number": "msisdn", "network": "operator"}
    statuses = {"DELIVRD": "Success", "UNDELIV": "Failed", "REJECTD": "Rejected"}
    statuses |= {"EXPIRED": "Expired", "ACCEPTD": "Submitted", "ENROUTE": "Buffered"}
    headers = {
        "X-Auth-Request-Id": "mrejesho@example.go.tz",
        "X-Auth-Request-Type": "api",
        "X-Auth-Request-Hash": "{signature}",
    }
    return {
        "SMS_GATEWAY": "http",
        "SMS_HTTP_URL": f"{phone.url}/msdg/public/quick_sms",
        "SMS_HTTP_METHOD": "json",
        "SMS_HTTP_KEY": KEY,
        "SMS_HTTP_HOOK_TOKEN": TOKEN,
        "SMS_HTTP_FIELDS": '{"data": "{payload}", "datetime": "{time}"}',
        "SMS_HTTP_PAYLOAD": json.dumps(payload),
        "SMS_HTTP_HEADERS": json.dumps(headers),
        "SMS_HTTP_ACCEPTED": r'"error":\s*false',
        "SMS_HTTP_REFUSED": r'"statusMessage":\s*"refused"',
        "SMS_HTTP_LATER": r'"statusMessage":\s*"busy"',
        "SMS_HTTP_MESSAGE_ID": r'"message_id":\s*"([^"]+)"',
        "SMS_HTTP_PRICE": "TZS 22",
        "SMS_HTTP_REPORT": json.dumps(report),
        "SMS_HTTP_STATUSES": json.dumps(statuses),
    }


Settings = Callable[[PhoneSimulator], dict[str, str]]
GATEWAYS: dict[str, Settings] = {"africastalking": africastalking, "kannel": kannel, "mgov": mgov}
WAYS = {"africastalking": "africastalking", "kannel": "get", "mgov": "json"}
"""How each brings an SMS of a phone."""
