"""The pages, as Streamlit runs them: once a visit and again at every change."""

import streamlit as st

st.set_page_config(page_title="Livecam", page_icon=":material/videocam:", layout="wide")

page = st.navigation(
    [
        st.Page("pages/search.py", title="Search", icon=":material/search:", default=True),
        st.Page("pages/playback.py", title="Playback", icon=":material/play_circle:"),
        st.Page("pages/health.py", title="Health", icon=":material/monitor_heart:"),
    ],
    position="top",
)
page.run()
