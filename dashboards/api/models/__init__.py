"""What the gateway answers, as its OpenAPI tells it; times are RFC 3339 in UTC."""
