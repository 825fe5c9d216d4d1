"""Which model looks at which camera's new footage, and which look on in the shadow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from edge.errors import BadModel, BadName
from flows.catalogue import preferred, read
from flows.catalogue.preferred import Model, Order
from flows.site import Site
from flows.vision import latency, registry
from flows.vision.detector import Detector


class Role(StrEnum):
    """What a model does for a camera."""

    OWN = "own"  # the site's own, which looks at whatever it has not seen
    PROMOTED = "promoted"
    INSTEAD = "instead"  # of the site's own, which was demoted
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model, and the cameras that it looks at."""

    detector: Detector
    cameras: frozenset[str]
    role: Role


class Detectors:
    """The site's detectors by name, each opened once."""

    def __init__(self, site: Site) -> None:
        self._site, self._open = site, dict[str, Detector]()

    def __str__(self) -> str:
        return ", ".join(sorted({str(one.name) for one in self._open.values()}))

    def figures(self) -> list[dict[str, Any]]:
        """Each that was opened: what it ran on, why, and how long its pictures took."""
        return [latency.figures(one) for one in self._open.values()]

    def named(self, name: str) -> Detector:
        """Raises BadModel where there is no such model, or no more."""
        return self._once(
            name, lambda: registry.load(self._site.home.models, name, self._site.store)
        )

    def exactly(self, model: Model) -> Detector:
        """The model of that name and digest. Raises BadModel for another under its name."""
        found = self.named(model.name)
        if found.digest != model.digest:
            hint = f"Name it anew, or: livecam models demote {model.digest[:16]}"
            told = f"the model {model.name} is not the one that was named"
            raise BadModel(f"{told}: its digest is {found.digest[:16]}", hint=hint)
        return found

    def own(self, order: Order) -> Detector:
        """What looks where nothing was promoted: FastestDet, or HOG where that was demoted."""
        home, store = self._site.home, self._site.store
        best = self._once("", lambda: registry.own(home.models, store))
        demoted = order.place(preferred.tag(best.name, best.digest)) is None
        return self.named(registry.HOG) if demoted else best

    def _once(self, name: str, opened: Callable[[], Detector]) -> Detector:
        if name not in self._open:
            self._open[name] = opened()
        return self._open[name]


def chosen(site: Site, detectors: Detectors) -> tuple[list[Chosen], list[str]]:
    """Each model with its cameras, those in the shadow last; and what could not be had, and why.

    A camera whose promoted model is not to be had is looked at by the next in its order.
    """
    plan = _Plan(detectors)
    known = preferred.promotions(site)
    for camera in read.cameras(site):
        first = plan.answers(camera, known.of(camera))
        for name in site.settings.detect_for(camera).shadow:
            plan.shadow(camera, name, first)
    return plan.jobs(), list(plan.missing)


class _Plan:
    def __init__(self, detectors: Detectors) -> None:
        self._detectors = detectors
        self._cameras: dict[tuple[Role, Model], set[str]] = {}
        self._by: dict[Model, Detector] = {}
        self.missing: dict[str, None] = {}

    def answers(self, camera: str, order: Order) -> Detector:
        for model in order.promoted:
            found = self._had(lambda: self._detectors.exactly(model))  # noqa: B023  called at once
            if found is not None:
                return self._add(Role.PROMOTED, found, camera)
        own, best = self._detectors.own(order), self._detectors.own(Order())
        role = Role.OWN if own.digest == best.digest else Role.INSTEAD
        return self._add(role, own, camera)

    def shadow(self, camera: str, name: str, beside: Detector) -> None:
        found = self._had(lambda: self._detectors.named(name))
        if found is not None and found.digest != beside.digest:
            self._add(Role.SHADOW, found, camera)

    def _had(self, load: Callable[[], Detector]) -> Detector | None:
        try:
            return load()
        except (BadModel, BadName) as error:
            self.missing[str(error)] = None
            return None

    def _add(self, role: Role, detector: Detector, camera: str) -> Detector:
        model = Model(detector.name, detector.digest)
        self._by[model] = detector
        self._cameras.setdefault((role, model), set()).add(camera)
        return detector

    def jobs(self) -> list[Chosen]:
        ranked = sorted(self._cameras.items(), key=lambda one: list(Role).index(one[0][0]))
        return [Chosen(self._by[model], frozenset(own), role) for (role, model), own in ranked]
