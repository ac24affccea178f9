"""How bytes reach paper."""
