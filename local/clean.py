"""`python -m local.clean`: throw away the data of this checkout's local run, keys and all."""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack

from local.places import roots_folder
from local.problems import CannotStart, explain
from local.processes import Lock
from local.run import DATA


def main() -> int:
    folders = [DATA, roots_folder()]
    try:
        with ExitStack() as stack:
            # Refused while a run or a test has servers going.
            for lock in (*DATA.glob("**/lock"), *roots_folder().glob("*/lock")):
                stack.enter_context(Lock(lock, "A run of this checkout"))
        for folder in folders:
            if folder.exists():
                shutil.rmtree(folder)
                print(f"removed {folder}")
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as error:
        print(explain(error, DATA), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
