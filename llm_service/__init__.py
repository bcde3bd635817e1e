"""A live, local page for the work of LLM agents. Importing the package loads nothing else."""

__version__ = "0.1.0"
