"""Measures speed, sizes and memory on this machine: `python -m bench`, or `make bench`.

Absolute numbers live here and in docs/performance.md, not in tests.
"""
