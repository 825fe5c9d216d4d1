"""Who may see and do what: accounts, sessions, keys, and the log of what was done."""
