import streamlit as st

st.write("health")
