"""Opens a CSI camera again and again, and says in JSON how each time ended: `SOURCE TIMES`."""

from __future__ import annotations

import gc
import json
import logging
import sys
from itertools import islice
from pathlib import Path

from edge.camera.choose import camera_for
from edge.encode import Means
from edge.errors import LivecamError
from tests.edge.camera.test_refusals import Source


def attempt(source: str) -> dict[str, object]:
    told: dict[str, object] = {"error": None}
    try:
        means = Means()
        feed = camera_for(Source("gate", source), means=means).open()
        told["pictures"] = sum(1 for _ in islice(feed.packets(), 5))
        told |= means.now.doing.model_dump()
        feed.close()
        feed.close()
    except LivecamError as error:
        told |= {"error": type(error).__name__, "camera": error.camera, "told": str(error)}
    gc.collect()
    return told | {"files": len(list(Path("/proc/self/fd").iterdir()))}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    for _ in range(int(sys.argv[2])):
        sys.stdout.write(json.dumps(attempt(sys.argv[1])) + "\n")
