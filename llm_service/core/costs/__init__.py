"""What was spent: the answers of the page Costs, and of those who ask for the same sums."""
