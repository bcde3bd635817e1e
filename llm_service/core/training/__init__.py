"""Training jobs of watched servers: what they tell, made into one shape, and the fold that makes a card of it."""
