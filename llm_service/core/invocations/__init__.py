"""Calls of models as rows of telemetry: how they come in, are told apart, summed and asked for."""
