"""A network that was opened, whatever opened it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Network:
    """`run` takes 1×3×side×side and answers the network's first output.

    `provider` runs it; `why` is one line on that, and on those that did not. `side` is that of
    the pictures it takes, None where it takes any or does not tell.
    """

    run: Callable[[NDArray[np.float32]], NDArray[Any]]
    provider: str
    why: str
    side: int | None = None


def told(error: Exception) -> str:
    """The first line of what a library says, within bounds."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
