"""The way to watched servers: one file an idea, one `Client` a server. No threads and no retries live here."""
