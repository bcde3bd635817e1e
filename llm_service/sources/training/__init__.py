"""Training jobs of watched servers: asked for, listened to, started and told of."""
