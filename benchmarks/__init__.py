"""What the product promises about speed, measured. `python -m benchmarks --help` says how to run it."""
