"""Which parts a site comprises, for each role, and where they answer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from edge.clock import SystemClock, from_iso
from edge.errors import BadSettings, LivecamError
from edge.home import Home
from flows import reach
from flows.config_file.whole import Config
from infra.stack import environment, node_keys, record
from infra.stack.deploy import HUB_POOL, deploy, edge_pool, free_slots
from infra.stack.part import Part, answers, listens
from infra.stack.ports import EVERYWHERE, HOST, Listening, Ports, listening
from infra.stack.prefect_api import PrefectApi
from infra.stack.prepare import prepare

APP_PORT, PREFECT_PORT, SERVE_PORT = 8080, 4200, 8000
S3_PORT, CONSOLE_PORT = 9000, 9001
LIVECAM = (sys.executable, "-m", "infra.cli")
WORKER = (sys.executable, "-m", "prefect", "worker", "start", "--type", "process")


class Role(StrEnum):
    """What of the site runs here."""

    SITE = "site"
    HUB = "hub"
    NODE = "node"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a person looks; None for what does not run anywhere."""

    app: str | None
    prefect: str | None
    s3: str | None
    console: str | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """Prefect's, as a part of this machine reaches it."""

    api: str
    auth: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts in the order of their start.

    `outside` is the hub's store where that runs elsewhere: it wants preparing all the same.
    """

    parts: tuple[Part, ...]
    addresses: Addresses
    outside: str | None = None


class Planner:
    """Builds the plan of one home. Ports of parts that run already stay theirs."""

    def __init__(
        self, config: Config, home: Home, ports: Ports, *, interval_s: float | None = None
    ) -> None:
        self._config = config
        self._home = home
        self._interval_s = interval_s
        self._ports = ports
        self._here = {
            "LIVECAM_HOME": str(home.root),
            **({"LIVECAM_CONFIG": str(config.path)} if config.path else {}),
        }

    def node(self, node: str, *, records: bool = True) -> Plan:
        """One node's recorders and uploads. Raises BadSettings for what it cannot reach."""
        store, api = self._config.flows.store, self._config.flows.prefect.api
        if store.kind != "s3" or not (store.endpoint and store.access_key and store.secret_key):
            raise BadSettings(
                "a node's configuration must name the hub's store with its own keys",
                hint=f"`livecam nodes add {node}` on the hub prints them",
            )
        server = Server(api, self._nodes_auth(node, api))
        recorder = (self.recorder(node),) if records else ()
        worker = self._worker(edge_pool(node), node, server, after=())
        # The gateway is where Prefect is.
        host = HOST if reach.is_loopback(api) else EVERYWHERE
        gateway = node_keys.elsewhere(self._config.flows.gateway)
        serve = self._serve(node, gateway, host, apply="flows.config_file.of_node")
        parts = (*recorder, serve, worker)
        return Plan(parts, Addresses(None, api.removesuffix("/api"), store.endpoint))

    def _nodes_auth(self, node: str, api: str) -> str | None:
        auth = reach.auth_of(self._config.flows, self._home)
        if auth is None and not reach.is_loopback(api):
            raise BadSettings(
                "prefect.auth is missing: a hub on another machine asks for it",
                hint=f"`livecam nodes add {node}` on the hub prints it",
            )
        return auth

    def whole(self, role: Role) -> Plan:
        """The hub, with every node's part where `role` is the whole site."""
        nodes = self._config.nodes if role is Role.SITE else ()
        minio = self._minio()
        prefect, server = self._prefect()
        hub = self._worker(HUB_POOL, HUB_POOL, server, after=(prefect.name, *_names(minio)))
        edges = [self._worker(edge_pool(node), node, server, after=hub.after) for node in nodes]
        app = self._app(server, after=(hub.name, *_names(minio)))
        recorders = [self.recorder(node) for node in nodes if self._records(node)]
        serves = [
            self._serve(node, node_keys.own(self._home, node, str(app.address))) for node in nodes
        ]
        parts = (*recorders, *serves, *([minio] if minio else []), prefect, *edges, hub, app)
        store = self._config.flows.store
        outside = store.endpoint if store.kind == "s3" else None
        s3 = minio.address if minio else store.endpoint
        console = f"{app.address}/minio/" if minio else None
        return Plan(parts, Addresses(app.address, prefect.address, s3, console), outside)

    def _records(self, node: str) -> bool:
        return any(camera.node == node for camera in self._config.cameras.values())

    def _port(self, part: str, where: Listening, what: str = "", *, console: bool = False) -> int:
        running = record.parts(self._home).get(part)
        address = running and (running.console if console else running.address)
        if running and running.identity.alive and address:
            port = urlsplit(address).port
            if port is not None and not (where.only and port != where.port):
                return port
        return self._ports.free(where.port, only=where.only, what=what, host=where.host)

    def _minio(self) -> Part | None:
        store = self._config.flows.store
        if not store.own:
            return None
        from infra import minio

        public = store.public_endpoint
        where = Listening(HOST, S3_PORT)
        if public and not reach.is_loopback(public):
            where = listening(public, "store.public_endpoint", S3_PORT)
        port = self._port("minio", where, "store.public_endpoint")
        console = self._port("minio", Listening(HOST, CONSOLE_PORT), console=True)
        argv, values = minio.server_command(self._home, port, console, host=where.host)
        address = f"http://{HOST}:{port}"
        return Part(
            "minio",
            tuple(str(word) for word in argv),
            values,
            address=address,
            console=f"http://{HOST}:{console}",
            ready=answers(f"{address}/minio/health/ready"),
            then=lambda: prepare(address),
        )

    def _prefect(self) -> tuple[Part, Server]:
        chosen = self._config.flows.prefect
        where = Listening(HOST, PREFECT_PORT)
        if "api" in chosen.model_fields_set:
            where = listening(chosen.api, "prefect.api", PREFECT_PORT)
        port = self._port("prefect", where, "prefect.api")
        address = f"http://{HOST}:{port}"
        api, auth = f"{address}/api", reach.make_auth(self._config.flows, self._home)
        # A browser elsewhere would look for the API on its own machine.
        pages = api if reach.is_loopback(chosen.api) else chosen.api
        command = (sys.executable, "-m", "infra.stack.prefect_server", "--host", where.host)
        part = Part(
            "prefect",
            (*command, "--port", str(port)),
            {
                **environment.server(self._home, auth),
                "PREFECT_API_URL": api,
                "PREFECT_UI_API_URL": pages,
            },
            address=address,
            ready=answers(f"{api}/health"),
            born=lambda: free_slots(api, auth),
            then=lambda: deploy(api, self._config.nodes, auth=auth, interval_s=self._interval_s),
        )
        return part, Server(api, auth)

    def _worker(self, pool: str, name: str, server: Server, *, after: tuple[str, ...]) -> Part:
        part = pool if pool == HUB_POOL else f"upload-{name}"
        return Part(
            part,
            (*WORKER, "--pool", pool, "--name", name),
            {
                **self._here,
                **environment.client(self._home, server.api, server.auth),
                **({"LIVECAM_NODE": name} if pool != HUB_POOL else {}),
            },
            # Asked alone, a worker would wait for its flow runs to finish their work.
            whole=True,
            after=after,
            ready=_heard(server, pool, name),
        )

    def recorder(self, node: str) -> Part:
        """One node's recorder; it waits where the node has no camera."""
        words = ("record", "--node", node, "--wait")
        return Part(f"record-{node}", (*LIVECAM, *words), self._here)

    def _serve(
        self, node: str, gateway: Mapping[str, str], host: str = HOST, *, apply: str = ""
    ) -> Part:
        """One node's server, which tells the gateway of itself.

        `apply`: the module that makes the hub's configuration this machine's.
        """
        named, number = self._config.serves.get(node), self._config.nodes.index(node)
        where = Listening(*named, only=True) if named else Listening(host, SERVE_PORT + number)
        port = self._port(f"serve-{node}", where, f"nodes.{node}.serve")
        address = f"http://{HOST if where.host == EVERYWHERE else where.host}:{port}"
        words = ("-m", "edge.serving", "--node", node, *(("--apply", apply) if apply else ()))
        return Part(
            f"serve-{node}",
            (sys.executable, *words, "--host", where.host, "--port", str(port)),
            {**self._here, **gateway},
            address=address,
            ready=listens(f"{address}/health"),
        )

    def _app(self, server: Server, *, after: tuple[str, ...]) -> Part:
        port = self._port("app", Listening(HOST, APP_PORT))
        address = f"http://{HOST}:{port}"
        return Part(
            "app",
            (sys.executable, "-m", "dashboards", "--port", str(port)),
            {**self._here, **environment.client(self._home, server.api, server.auth)},
            address=address,
            after=after,
            ready=answers(f"{address}/api/health"),
        )


def _names(part: Part | None) -> tuple[str, ...]:
    return (part.name,) if part else ()


def _heard(server: Server, pool: str, name: str) -> Callable[[], bool]:
    """Whether this worker has reported since now. Raises BadSettings where it never can."""
    since_ms = SystemClock().utc_ms()

    def ready() -> bool:
        try:
            with PrefectApi(server.api, server.auth, timeout_s=5) as prefect:
                found = prefect.ask("POST", f"/work_pools/{pool}/workers/filter", {})
        except BadSettings:
            raise
        except LivecamError:
            return False
        beats = (from_iso(w["last_heartbeat_time"]) for w in found if w["name"] == name)
        return any(beat >= since_ms for beat in beats)

    return ready


def plan(
    config: Config,
    home: Home,
    ports: Ports,
    role: Role = Role.SITE,
    node: str | None = None,
    *,
    interval_s: float | None = None,
    records: bool = True,
) -> Plan:
    """What runs here in this role. Raises BadSettings for a configuration that cannot run.

    The caller keeps `ports` for as long as the parts run.
    `interval_s` makes upload, ingest and analyse run more or less often than prefect.yaml.
    Without `records` somebody else runs a node's recorder.
    """
    planner = Planner(config, home, ports, interval_s=interval_s)
    if role is Role.NODE and node:
        return planner.node(node, records=records)
    return planner.whole(role)
