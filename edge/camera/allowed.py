"""What libav may open for a source: addresses and files can name more than they show.

Without these lists a playlist, a redirect or a file of text decides what is opened next, local
files included; each kind of source gets what it needs, and no more.
"""

from __future__ import annotations

# One file: no playlists, no lists of files.
FILE = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,flv,asf,ogg,"
    "h264,hevc,m4v",
    "protocol_whitelist": "file",
}
RTSP = {"format_whitelist": "rtsp", "protocol_whitelist": "tcp,tls,rtp,udp"}
# By HTTP: a stream, a playlist of pieces that lie by HTTP too, or a row of JPEGs.
WEB = {
    "format_whitelist": "mpegts,hls,mpjpeg,mov,mp4,m4a,3gp,3g2,mj2",
    "protocol_whitelist": "http,https,tcp,tls,crypto",
}
# What RTSP addresses can tell libav by a query; it takes them out of the address.
RTSP_WORDS = frozenset({"tcp", "udp", "multicast", "http", "filter_src"})
