"""Bodies of requests: small ones everywhere, and on the citizens' forms files beside the words."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, Any, TypeVar, cast

import flask
from flask import current_app, request

from feedback.services.attachments import MOST_FILES
from feedback.services.incoming import Incoming

MOST_BYTES = 256 * 1024 * 1024
"""Of a form with files. What is beyond the bounds of a file is read and let go, so that whoever
chose too much gets the words back; only a body beyond this is turned away unread."""
View = TypeVar("View", bound=Callable[..., Any])


def takes_files(view: View) -> View:
    """Mark a view whose form may carry files."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def takes_sheet(view: View) -> View:
    """Mark a view that reads one small file of an officer's, within the bound of every form."""
    view.takes_sheet = True  # type: ignore[attr-defined]
    return view


def admit() -> None:
    """Set the bound for the body of this request, before anything of it is read."""
    if request.method == "POST" and request.mimetype == "multipart/form-data" and _wanted():
        request.max_content_length = MOST_BYTES


def _wanted(mark: str = "takes_files") -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, mark, False)


class Request(flask.Request):
    """A request whose files are sealed as they arrive."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if _wanted("takes_sheet"):
            return io.BytesIO()
        # An unused field for files comes as an empty one without a name.
        count = self.environ.get("mrejesho.files", 0) + int(bool(filename))
        self.environ["mrejesho.files"] = count
        return cast("IO[bytes]", Incoming(keep=_wanted() and count <= MOST_FILES))
