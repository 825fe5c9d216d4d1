"""The pages, as Streamlit runs them: once a visit and again at every change."""

from pathlib import Path

import streamlit as st

from dashboards.screens.health import health
from dashboards.screens.playback import playback
from dashboards.screens.search import KEPT, search

# From here: an icon by name would be fetched from elsewhere.
ICON = Path(__file__).with_name("player") / "icon.svg"

st.set_page_config(page_title="Livecam", page_icon=str(ICON), layout="wide")

# Streamlit forgets a page's widgets when another page is shown; what was searched for stays.
for key in KEPT:
    if key in st.session_state:
        st.session_state[key] = st.session_state[key]

player = st.Page(playback, title="Playback", icon=":material/play_circle:", url_path="playback")
finder = st.Page(
    lambda: search(player),
    title="Search",
    icon=":material/search:",
    url_path="search",
    default=True,
)
monitor = st.Page(
    lambda: health(player),
    title="Health",
    icon=":material/monitor_heart:",
    url_path="health",
)
# Streamlit leaves a hand's breadth above everything.
st.html("<style>.stMainBlockContainer { padding: 4.5rem max(3vw, 1rem) 2rem; }</style>")
st.navigation([finder, player, monitor], position="top").run()
