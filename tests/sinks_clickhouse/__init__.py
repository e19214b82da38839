"""The ClickHouse sink against the embedded engine."""
