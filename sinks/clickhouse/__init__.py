"""Facts in ClickHouse, embedded or on a server."""
