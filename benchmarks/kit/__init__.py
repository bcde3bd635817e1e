"""Shared pieces of the benchmarks: boards, the server as a process, a lean client, the bare path, figures."""
