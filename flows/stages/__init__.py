"""What the flows do, without Prefect: `drain`, the flows and the tests call the same."""
