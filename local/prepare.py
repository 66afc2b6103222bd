"""Brings the database up to date: schema, reference data, demo data.

One process for what are separate commands of `flask`, because loading the application is most of
what each of them takes. Run as `python -m local.prepare upgrade [import-reference] [demo]`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from flask.cli import ScriptInfo

from feedback import create_app

COMMANDS = {
    "upgrade": ["db", "upgrade"],
    "import-reference": ["import-reference"],
    "demo": ["demo"],
}


def main(names: Sequence[str]) -> None:
    """Run the named commands in order; a failing one ends the process with its status."""
    app = create_app()
    for name in names:
        info = ScriptInfo(create_app=lambda: app)
        app.cli.main(COMMANDS[name], prog_name="flask", obj=info, standalone_mode=False)


if __name__ == "__main__":
    main(sys.argv[1:])
