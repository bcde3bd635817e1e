"""OpenTelemetry's JSON to invocations: pure, one module a signal."""
