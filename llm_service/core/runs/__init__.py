"""A run of one prompt on a watched server: its state as a fold, the figures of its card, its routes, its events."""
