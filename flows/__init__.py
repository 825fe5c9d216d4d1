"""From spool to store, catalogue and findings."""
