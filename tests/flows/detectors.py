"""Detectors for tests of the stages: what they find is told beforehand, and asked is counted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from edge.errors import BadModel
from flows.catalogue.preferred import Order
from flows.site import Site
from flows.stages.chosen import Detectors
from flows.vision.detector import Box, Detection, Detector


class Finder:
    """Finds the same person in every picture, in a place of its own."""

    def __init__(self, name: str, digit: str, x: float = 0.1) -> None:
        self.name, self.digest = name, digit * 64
        self._found = [Detection("person", 0.9, Box(x, 0.2, 0.3, 0.4))]

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        return list(self._found) if picture.size else []


class Given(Detectors):
    """A site with these models and no others; the first is its own."""

    def __init__(self, site: Site, *given: Detector) -> None:
        super().__init__(site)
        self.given: Mapping[str, Detector] = {one.name: one for one in given}

    def named(self, name: str) -> Detector:
        if name not in self.given:
            raise BadModel(f"there is no model {name!r}")
        return self.given[name]

    def own(self, order: Order) -> Detector:  # noqa: ARG002  whatever was demoted
        return next(iter(self.given.values()))
