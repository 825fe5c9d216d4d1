"""The one seam below everything that changes a file here: the functions of `os` themselves.

`pathlib` calls them too. What went past the seam all the same shows, since a log of what passed
is held against the files that came of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(**functions: Callable[..., Any]) -> Iterator[None]:
    """Put these in place of the functions of `os` of that name while the block runs."""
    before = {name: getattr(os, name) for name in functions}
    for name, function in functions.items():
        setattr(os, name, function)
    try:
        yield
    finally:
        for name, function in before.items():
            setattr(os, name, function)
