"""What a call costs: tables of prices, and the arithmetic in nano-dollars."""
