"""Values in, values out: nothing here knows the clock, a thread, a socket, a file or Flask."""
