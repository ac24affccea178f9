"""snmpEngineBoots: how often the engine of SNMPv3 has begun, kept in a file. RFC 3414, 2.2."""

import logging
from pathlib import Path

from feedpath import files

logger = logging.getLogger(__name__)

MOST = 0x7FFFFFFF  # whoever is there answers no secure message any more


def count(path: Path) -> int:
    """Return the number of this beginning, and keep it; MOST where it cannot be told or kept. Waits for the disk."""
    try:
        boots = min(int(path.read_text("ascii")) + 1, MOST) if path.exists() else 1
        files.replace(path, "%d\n" % boots)
    except (OSError, ValueError) as error:
        logger.error(
            "SNMPv3 is not answered, as %s does not tell how often it began: %s. Remove all SNMP users and this file, "
            "start again, and add them with new passphrases",
            path,
            error,
        )
        return MOST
    return boots
