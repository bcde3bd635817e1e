from tests.kit.board_fixtures import board, folder, follower, start_board  # noqa: F401
