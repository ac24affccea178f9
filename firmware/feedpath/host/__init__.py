"""The computer itself: storage, board, clock."""
