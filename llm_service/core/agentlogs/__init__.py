"""What the agents' own logs say: lines in, invocations out. Pure; sources/agentlogs finds and reads the files."""
