"""How soon a long PDF begins to print: sent over IPP to the whole firmware, whose machine speaks PCL 5."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import peers
from tests.bench.bars import OURS
from tests.bench.conversions import MS, PDF, Conversions, metered
from tests.bench.document import Document
from tests.bench.sink import Fifo, Sink

PORT = 8631
DEVICE_ID = "MFG:Feedpath;MDL:Bench Laser;CMD:PJL,PCL;CLS:PRINTER;"


class Laser(peers.Feedpath):
    """feedpath with a machine that speaks PCL 5."""

    def command(self) -> list[str]:
        return [*super().command(), "--device-id", DEVICE_ID]


def measure(run: Conversions) -> None:
    """Print a long PDF; what comes must be what the driver makes of it."""
    wanted = metered("drawn", PDF, "pcl5", run.papers.many)
    run.same("long pdf", wanted["size"], wanted["digest"])
    document = Document(run.papers.many.read_bytes(), PDF)
    with TemporaryDirectory(dir=run.papers.folder) as folder:
        sink = Sink({OURS: Fifo(Path(folder) / "device")})
        server = Laser(Path(folder), PORT, str(Path(folder) / "device"))
        try:
            server.start()
            for _ in range(run.rounds):
                sink.expect(OURS, wanted["size"], wanted["before"])
                with server.connect() as connection:
                    sent_at = connection.print_job(document)
                receipt = sink.receipt()
                run.same("long pdf", receipt.size, receipt.digest)
                run.keep("first.page", OURS, (receipt.first_at - sent_at) * MS)
                run.keep("first.all", OURS, receipt.last_at - sent_at)
        finally:
            server.stop()
            sink.stop()
            document.close()
