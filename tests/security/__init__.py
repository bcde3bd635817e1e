"""The walls: who is answered, who is let in, and what the server does under attack."""
