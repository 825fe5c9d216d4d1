"""Stand-ins for what a site has and a machine without cameras has not."""
