"""What an operator sees of a watched server besides its runs: machines, queues, analytics, datasets, models."""
