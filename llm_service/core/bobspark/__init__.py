"""What a BobSpark-APIs server says, normalised once at the door. Facts: docs/bobspark.md."""
