"""The process that opens what strangers sent: limits first, then one file in and one file out.

Reads the file from its input; writes a line of JSON, {"format": …} or {"refused": code}, and after
the first the cleaned bytes. Whatever goes wrong beyond that ends it with a status other than 0.
"""

from __future__ import annotations

import json
import resource
import sys

from . import Refusal, kinds

MEMORY = 900 * 1024 * 1024  # bytes of address space
SECONDS = 20  # of processor time
MOST_IN = 10 * 1024 * 1024


def limit(memory: int = MEMORY, seconds: int = SECONDS) -> None:
    """Bind this process, for good: memory, time, no files written, no other process, no dump."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(what, (most, most))


def clean(data: bytes) -> tuple[str, bytes]:
    """Format and bytes of the cleaned file; Refusal tells why it is not taken."""
    kind = kinds.tell(data[: kinds.HEAD])
    # Each decoder is loaded under the limits, and only where it is wanted.
    if kind.family == "image":
        from . import pictures

        return pictures.clean(data, kind.format)
    if kind.family == "document":
        from . import documents

        return kind.format, documents.clean(data)
    from . import sounds

    return kind.format, sounds.clean(data, kind.format)


def main() -> None:
    """Clean the file on the input."""
    limit()
    data = sys.stdin.buffer.read(MOST_IN + 1)
    try:
        if len(data) > MOST_IN:
            raise Refusal("too-heavy")
        format_, cleaned = clean(data)
    except Refusal as refusal:
        answer, cleaned = {"refused": refusal.code}, b""
    except (MemoryError, RecursionError):
        answer, cleaned = {"refused": "too-heavy"}, b""
    except Exception:  # a file that no decoder foresaw is damaged, whatever it raises
        answer, cleaned = {"refused": "damaged"}, b""
    else:
        answer = {"format": format_}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + cleaned)


if __name__ == "__main__":
    main()
