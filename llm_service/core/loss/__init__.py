"""Loss curves: their points, the pyramid they are drawn from, smoothing, and what tells that something is wrong."""
