"""The site's store as the models' commands see it: there, out of reach, or none."""

from __future__ import annotations

from dataclasses import dataclass

from edge.errors import BadModel, LivecamError, MissingPart, StoreRefused, StoreUnavailable
from edge.home import Home
from flows.catalogue import preferred
from flows.catalogue.preferred import Order
from flows.config_file import whole as config
from flows.store import ObjectStore
from flows.store.choose import open_store
from flows.vision import registry, shared_models
from flows.vision.descriptor import Model
from flows.vision.hog import HogDetector
from infra.cli import note


def site_store(home: Home) -> ObjectStore | None:
    """The store of the configuration in force; None on a machine that has no site yet."""
    settings = config.load().flows.store
    if settings.kind == "folder" and not home.store.is_dir():
        return None
    try:
        return open_store(settings, home)
    except MissingPart:  # the site's own server was never started
        return None


@dataclass(slots=True)
class Shared:
    """What a listing asks of the store; one out of reach is told of once, then asked no more."""

    store: ObjectStore | None

    @classmethod
    def open(cls, home: Home) -> Shared:
        return cls(site_store(home))

    def names(self) -> list[str]:
        """The names of the site's models."""
        try:
            return shared_models.names(self.store) if self.store else []
        except (StoreUnavailable, StoreRefused) as error:
            self._lost(error)
            return []

    def has(self, model: Model) -> bool:
        """Whether the site's store has the model's weights."""
        return self.store is not None and shared_models.has_weights(self.store, model)

    def current(self, home: Home) -> str | None:
        """The digest of the model that finds objects at this site; None where it is damaged."""
        order = _order(self.store) if self.store else Order()
        if order.promoted:
            return order.promoted[0].digest
        try:
            name = registry.default(home.models)
        except BadModel:
            return None
        pinned = registry.PINNED.get(name)
        if pinned is None or pinned.sha256[:16] in order.demoted:
            return HogDetector().digest
        return pinned.sha256

    def _lost(self, error: LivecamError) -> None:
        note(f"only what is here is shown: {error}")
        self.store = None


@dataclass(frozen=True, slots=True)
class _HasStore:
    store: ObjectStore


def _order(store: ObjectStore) -> Order:
    return preferred.promotions(_HasStore(store)).of("")  # of no camera: what holds for all
