"""Attacks on what must stay unknown."""
