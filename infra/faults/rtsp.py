"""An RTSP server by GStreamer, for Debian's own Python (which has `gi`).

Reads one JSON object from standard input, so that no password stands in a process list:
{"port": int, "mounts": {path: launch string}, "user": str | null, "password": str | null}.
"""

import json
import sys
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

ROLE = "viewer"


def require_password(server: Any, user: str, password: str) -> None:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)


def factory(launch: str, guarded: bool) -> Any:
    made = GstRtspServer.RTSPMediaFactory()
    made.set_launch(f"( {launch} )")
    made.set_shared(True)
    made.connect("media-configure", configure)
    if guarded:
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role(ROLE, "media.factory.access", True)
        permissions.add_permission_for_role(ROLE, "media.factory.construct", True)
        made.set_permissions(permissions)
    return made


def silence(media: Any) -> None:
    """Drops every packet of the second track, after the server has seen one and declared it."""
    drop = Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST
    for child in media.get_element().get_parent().children:
        if pad := child.get_static_pad("send_rtp_src_1"):
            pad.add_probe(drop, lambda *_: Gst.PadProbeReturn.DROP)


def be_live(media: Any) -> None:
    """Let no client move the others to another time: a file can be sought in, a camera can't."""
    ask = Gst.PadProbeType.QUERY_UPSTREAM

    def refuse(_: Any, info: Any) -> Any:
        seeks = info.get_query().type == Gst.QueryType.SEEKING
        return Gst.PadProbeReturn.DROP if seeks else Gst.PadProbeReturn.OK

    pay = media.get_element().get_by_name("pay0")
    pay.get_static_pad("sink").add_probe(ask, refuse)


def configure(_: Any, media: Any) -> None:
    be_live(media)
    if media.get_element().get_by_name("mute"):
        media.connect("prepared", silence)


def main() -> None:
    asked = json.load(sys.stdin)
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(asked["port"]))
    if asked["user"]:
        require_password(server, asked["user"], asked["password"])
    mounts = server.get_mount_points()
    for path, launch in asked["mounts"].items():
        mounts.add_factory(path, factory(launch, bool(asked["user"])))
    if not server.attach(None):
        sys.exit(f"port {asked['port']} is taken")
    GLib.MainLoop().run()


main()
