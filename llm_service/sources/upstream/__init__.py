"""How any watched server is asked and listened to; what its answers mean is told elsewhere."""
