"""What a BobSpark-APIs server says beside its runs: machines, queue, analytics, datasets, models, questions."""
