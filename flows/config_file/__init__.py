"""livecam.yaml as a whole: read with all of its sections, and edited where it stands."""
