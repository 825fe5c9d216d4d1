"""Pages, player and gateway, tried in a real browser and over real footage."""
