"""Passes a client's connection on to a server, but holds most of it back until a line comes on standard input.

`python -m tests.peers.gate HOST PORT OCTETS`: listens on that port of this computer's loopback, for one client.
"""

import socket
import sys
import threading

PIECE = 65536


def passed(source: socket.socket, to: socket.socket, most: "int | None" = None) -> None:
    """Pass on what comes, to its end, or until it is `most`."""
    left = sys.maxsize if most is None else most
    while left and (piece := source.recv(min(PIECE, left))):
        to.sendall(piece)
        left -= len(piece)
    if left:
        to.shutdown(socket.SHUT_WR)


def main() -> None:
    """Serve one client."""
    host, port, octets = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with socket.create_server(("127.0.0.1", port)) as listening:
        sys.stdout.write("open\n")
        sys.stdout.flush()
        client, _ = listening.accept()
    with client, socket.create_connection((host, port)) as server:
        answers = threading.Thread(target=passed, args=(server, client))
        answers.start()
        passed(client, server, octets)
        sys.stdin.readline()
        passed(client, server)
        answers.join()


if __name__ == "__main__":
    main()
