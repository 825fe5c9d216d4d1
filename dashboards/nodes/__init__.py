"""Nodes as the gateway knows them: by what they tell every few seconds."""
