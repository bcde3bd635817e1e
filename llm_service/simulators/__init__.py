"""Stand-ins for the systems this product watches, faithful to PROTOCOLS 1 and 2: for tests, benchmarks and the demo."""
