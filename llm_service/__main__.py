"""``python -m llm_service``: the same as the console script."""

from llm_service.cli import main

if __name__ == "__main__":
    main()
