"""A camera's process that eats memory: the real one, with a leak beside it."""

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


if __name__ == "__main__":
    threading.Thread(target=leak, daemon=True).start()
    sys.exit(main())
