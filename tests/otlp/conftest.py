from tests.kit.board_fixtures import board, folder, start_board  # noqa: F401
