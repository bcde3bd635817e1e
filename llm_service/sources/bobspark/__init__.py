"""Data-generation runs of BobSpark-APIs servers: asked, heard, launched and told."""
