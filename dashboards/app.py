"""The pages, as Streamlit runs them: once a visit and again at every change."""

from pathlib import Path

import streamlit as st

from dashboards import header, view
from dashboards.access.visitor import Role
from dashboards.screens import review as reviewing
from dashboards.screens import search as searching
from dashboards.screens.coverage import coverage
from dashboards.screens.exports import exports
from dashboards.screens.health import health
from dashboards.screens.holds import holds
from dashboards.screens.live import live
from dashboards.screens.playback import playback
from dashboards.screens.retention import retention
from dashboards.screens.settings import settings
from dashboards.words.common import Pages

# From here: an icon by name would be fetched from elsewhere.
ICON = Path(__file__).with_name("player") / "icon.svg"

st.set_page_config(page_title="Livecam", page_icon=str(ICON), layout="wide")

# Streamlit forgets a page's widgets when another page is shown; what was chosen stays.
for key in (*searching.KEPT, *reviewing.KEPT):
    if key in st.session_state:
        st.session_state[key] = st.session_state[key]

player = st.Page(
    playback, title=Pages.PLAYBACK(), icon=":material/play_circle:", url_path="playback"
)
now = st.Page(lambda: live(player), title=Pages.LIVE(), icon=":material/videocam:", url_path="live")
review = st.Page(
    lambda: reviewing.review(player, now),
    title=Pages.REVIEW(),
    icon=":material/checklist:",
    url_path="review",
    default=True,
)
finder = st.Page(
    lambda: searching.search(player),
    title=Pages.SEARCH(),
    icon=":material/search:",
    url_path="search",
)
monitor = st.Page(
    lambda: health(player),
    title=Pages.HEALTH(),
    icon=":material/monitor_heart:",
    url_path="health",
)
taken = st.Page(exports, title=Pages.EXPORTS(), icon=":material/movie:", url_path="exports")
held = st.Page(holds, title=Pages.HOLDS(), icon=":material/bookmark:", url_path="holds")
hours = st.Page(
    lambda: coverage(player),
    title=Pages.COVERAGE(),
    icon=":material/calendar_view_day:",
    url_path="coverage",
)
going = st.Page(
    retention, title=Pages.RETENTION(), icon=":material/auto_delete:", url_path="retention"
)
setting = st.Page(
    settings,
    title=Pages.SETTINGS(),
    icon=":material/settings:",
    url_path="settings",
    # Whoever follows a link there is told what it wants.
    visibility="visible" if view.visitor().role.may(Role.ADMIN) else "hidden",
)
chosen = st.navigation(
    {
        "": [review, now, player, finder],
        Pages.KEEP(): [taken, held, going],
        Pages.SITE(): [monitor, hours, setting],
    },
    position="top",
)
header.show(chosen.title)
# The bar shows where one is, but not within its groups.
if chosen not in (review, now, player, finder):
    st.subheader(chosen.title, anchor=False)
chosen.run()
