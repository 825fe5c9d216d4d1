"""What people see: Streamlit pages, a player, and the gateway that feeds both."""
