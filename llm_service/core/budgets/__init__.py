"""Caps on what is spent: their settings, how full they are, what is said when one is reached."""
