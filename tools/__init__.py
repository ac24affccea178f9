"""What a developer runs: set-up, tests, checks, benches. The firmware needs nothing of this."""
