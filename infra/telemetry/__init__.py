"""How is Millrace doing? Logs, metrics and traces, none of which hold what people wrote."""
