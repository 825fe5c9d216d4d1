import streamlit as st

st.write("playback")
