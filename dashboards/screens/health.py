"""Health: placeholder until the runs can be read."""

import streamlit as st


def health() -> None:
    """The page."""
    st.write("health")
