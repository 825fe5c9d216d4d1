"""Units with which systemd keeps a node's recorder and uploads running."""
