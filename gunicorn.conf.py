"""What gunicorn does besides the line of the Procfile: readies what its processes share."""

from __future__ import annotations

import gc
from typing import Any


def when_ready(server: Any) -> None:
    """Before any process is forked.

    What is made here stands in memory once for all of them; what each makes later stands there
    as often as there are processes. The collector passes it by from now on: its marks would give
    each process a copy of every page.
    """
    if not server.cfg.preload_app:
        return  # each process loads the application by itself
    from feedback.web.warming import warm

    warm(server.app.wsgi())
    gc.collect()
    gc.freeze()
