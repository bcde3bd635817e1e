"""Finds the logs that coding agents keep on this machine, follows them, and hands on each call once."""
