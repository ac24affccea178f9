"""What maintainers' scripts would do to the root, done here: users, what systemd starts, our own files over all."""

from tools.imaging.recipe import Recipe
from tools.imaging.tree import Tree

FOLDERS = ("data", "dev", "mnt", "proc", "root", "run", "sys", "tmp")
EMPTY = ("etc/fstab", "etc/machine-id")  # the initrd fills in the machine's own id
LINKS = {  # path: to what
    "etc/resolv.conf": "/run/feedpath-network/resolv.conf",
    "etc/systemd/system-generators/systemd-ssh-generator": "/dev/null",  # sshd at sockets that nobody asked for
    "usr/bin/sh": "dash",
    "var/lib/feedpath": "/data/feedpath",
    "var/lock": "/run/lock",
    "var/run": "/run",
}
UNITS, OURS = "/usr/lib/systemd/system", "etc/systemd/system"


def finish(tree: Tree, recipe: Recipe) -> None:
    """Make a tree of packages a root that starts."""
    for folder in FOLDERS:
        (tree.folder / folder).mkdir(exist_ok=True)
    tree.own("tmp", 0o1777)
    for path in EMPTY:
        tree.write(path, "")
    for path, to in LINKS.items():
        tree.link(path, to)
    _add_users(tree, recipe)
    for overlay in recipe.overlays:
        tree.lay_over(overlay)
    for unit, target in recipe.units.items():
        tree.link(f"{OURS}/{target}.wants/{unit}", f"{UNITS}/{unit}")
    for unit in recipe.masked:
        tree.link(f"{OURS}/{unit}", "/dev/null")


def _add_users(tree: Tree, recipe: Recipe) -> None:
    """Write the accounts: none has a password, and root alone a shell."""
    people, groups, secrets = [], [], []
    for name, number in recipe.users.items():
        home, shell = ("/root", "/bin/sh") if name == "root" else ("/nonexistent", "/usr/sbin/nologin")
        people.append(f"{name}:x:{number}:{number}::{home}:{shell}\n")
        groups.append(f"{name}:x:{number}:\n")
        secrets.append(f"{name}:*:::::::\n")
    groups += [f"{name}:x:{number}:\n" for name, number in recipe.groups.items()]
    tree.write("etc/passwd", "".join(people))
    tree.write("etc/group", "".join(groups))
    tree.write("etc/shadow", "".join(secrets), 0o600)
