"""The process of camera `gate` eats memory and prints rubbish: the real one, with that beside."""

from __future__ import annotations

import sys
import threading
import time

from edge.camera_process import main

EATEN_BYTES = 300_000_000


def leak() -> None:
    """Eat once the camera records; what is never written to would not be resident."""
    time.sleep(2)
    sys.modules[__name__].__dict__["eaten"] = b"x" * EATEN_BYTES
    sys.stdout.write(".of no meaning\n{neither\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "gate":
        threading.Thread(target=leak, daemon=True).start()
    sys.exit(main())
