"""How often somebody may do something."""


class Bucket:
    """Tokens that come back with time: so many a second, up to `burst`. now: a clock's seconds."""

    def __init__(self, rate: float, burst: float, now: float):
        self._rate, self._burst = rate, burst
        self._tokens, self._at = burst, now

    def take(self, now: float, price: int = 1) -> bool:
        """Return whether there are so many tokens; then they are taken."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < price:
            return False
        self._tokens -= price
        return True
