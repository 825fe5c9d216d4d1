"""What every store must do; a new one, or a fake, joins `conftest.STORES`."""
