"""Files to take away: tables whose cells no spreadsheet computes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

POLICY = "sandbox; default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
"""For what a browser saves and shows nowhere: whatever it is, nothing in it runs."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""


def inert(value: str) -> str:
    """The value as a cell that stays what it is."""
    return f"'{value}" if value.startswith(FORMULA) else value


def csv_file(rows: Iterable[Sequence[str]], filename: str) -> Response:
    """A table as a download; spreadsheets take it for UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow(map(inert, row))
    return as_download("\ufeff" + out.getvalue(), "text/csv", filename)


def as_download(content: str, mimetype: str, filename: str) -> Response:
    """A file that a browser saves and shows nowhere; nothing in it runs."""
    response = Response(content, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Content-Security-Policy"] = POLICY
    return response
