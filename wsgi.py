"""Entry point for gunicorn and the flask command."""

import os

from feedback import create_app

app = create_app(commands="gunicorn" not in os.environ.get("SERVER_SOFTWARE", ""))
