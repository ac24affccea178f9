"""Who may do what to a job."""

from feedpath.core.job import Job
from feedpath.errors import Refused


def check(job: Job, user: str, administrator: bool) -> None:
    """Raise Refused unless `user` may change `job`: its owner, by exactly the same name, or an administrator."""
    if not administrator and job.user != user:
        raise Refused(
            "not-authorized", f"Job {job.id} belongs to {job.user}; only its owner or an administrator may change it."
        )
