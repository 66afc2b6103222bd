"""Entry point for gunicorn and the flask command."""

from feedback import create_app

app = create_app()
