"""What the core asks of storage: records of jobs, and ids that never come twice. host/store.py gives it."""

from collections.abc import Iterable
from typing import Protocol


class Store(Protocol):
    """Records are written in the background, in order, several at a time; newer ones of a job replace older."""

    def next_id(self) -> int:
        """Return a job id that this box never gave out before, whatever crashed in between."""

    def save(self, id: int, record: "dict[str, object]") -> None:
        """Write job `id`'s record soon."""

    def delete(self, id: int) -> None:
        """Forget job `id`'s record soon."""

    def counted(self, name: str) -> int:
        """Return the count of that name, 0 for a new one."""

    def count(self, name: str, value: int) -> None:
        """Write a count soon, together with the records that are saved."""

    async def written(self, durable: bool = False) -> None:
        """Wait until everything saved so far outlives the process; with `durable`, a power cut too."""

    def jobs(self) -> "Iterable[tuple[int, dict[str, object]]]":
        """Return the records that stand, by rising id."""
