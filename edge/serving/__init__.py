"""What a node serves and tells to its gateway, while it records."""
