"""What is asked of a BobSpark-APIs server beside its runs: machines, queue, commands, and pages read on demand."""
