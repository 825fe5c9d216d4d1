"""The pages. Not in a folder `pages/`: Streamlit would then run its files by themselves."""
