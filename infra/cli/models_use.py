"""`livecam models use`: the model that a site finds objects with."""

from __future__ import annotations

import click

from edge.home import Home
from flows.config_file import whole as config
from flows.site import open_site
from flows.store import ObjectStore
from flows.vision import registry, shared_models
from infra.cli import note, say


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def use(name: str, as_json: bool) -> None:
    """Make a model the site's: it looks at all new footage, and answers first where it looked.

    It is opened first and put into the site's store, so that every worker finds it. The same for
    some cameras only: `livecam models promote`.

    Example: livecam models use yolox-s
    """
    from flows.catalogue.preferred import Model
    from flows.stages.promotions import promote

    site = open_site(config.load().flows)
    detector = registry.load(site.home.models, name, site.store)
    _share(site.home, site.store, name)
    promote(site, Model(detector.name, detector.digest))
    if as_json:
        say({"name": name, "sha256": detector.digest, "provider": detector.provider})
        return
    click.echo(f"{name} ({detector.digest[:12]}) finds objects from now on, on {detector.provider}")
    note("older footage: 'livecam backfill --model' lets it look there, too")


def _share(home: Home, store: ObjectStore, name: str) -> None:
    if name == registry.HOG:
        return
    model = registry.described(home.models, name, store)
    path = registry.weights(home.models, model, store)
    if name in registry.PINNED:
        shared_models.put_weights(store, model, path)
    else:
        shared_models.put(store, model, path)
