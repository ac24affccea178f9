"""The steps from packages to a card."""

import shutil
from pathlib import Path
from typing import NamedTuple

from tools import environment
from tools.debian import Archive
from tools.imaging import bill, boards, card, elf, kernel, python, root, slot
from tools.imaging.progress import Progress
from tools.imaging.recipe import Recipe
from tools.imaging.tree import Patterns, Tree, call
from tools.trouble import Trouble

IMAGES = environment.ROOT / "images"
ARCHITECTURE = "arm64"
HEADERS = f"libpython{python.VERSION}-dev"
FIRST_MIB, SLOT_MIB, DATA_MIB = 64, 160, 64  # sizes; the last grows to the card at the first start
FIRST_LABEL, DATA_LABEL = "FEEDPATH", "data"
AUTOBOOT = "[all]\nboot_partition=2\n"  # the initrd writes 3 over the 2, in place


class Packing(NamedTuple):
    """How much work goes into making things small. kernel: gzip's level. root: words for mksquashfs."""

    kernel: int
    root: tuple[str, ...]


QUICK = Packing(1, ("-comp", "zstd", "-Xcompression-level", "3"))
# xz would be smaller by a sixth, and takes a start 5 to 10 s longer.
SMALL = Packing(9, ("-comp", "zstd", "-Xcompression-level", "19", "-b", "256K"))


class Build:
    """One build. work: a folder for what is made on the way. cache: for what is fetched. time: of all files.

    pinned: a list of the packages to take, or what the mirror has now.
    """

    def __init__(
        self, recipe: Recipe, work: Path, cache: Path, time: int, packing: Packing, pinned: "Path | None" = None
    ):
        self.recipe = recipe
        self.boards = boards.load()
        self.early_modules = [*recipe.early_modules, *boards.card_modules(self.boards)]
        self.work = work
        self.boot = work / "boot"
        self.cache = cache
        self.time = time
        self.packing = packing
        self.pinned = pinned

    def run(self, progress: Progress) -> None:
        """Make the card, and the list of its parts; raise Trouble."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.boot.mkdir(parents=True)
        self.cache.mkdir(parents=True, exist_ok=True)
        self.tree = Tree(self.work / "root")
        for words, step in STEPS.items():
            progress.begin(words)
            step(self)

    def _fetch(self) -> None:
        archive = Archive(self.cache / f"apt-{ARCHITECTURE}", self.recipe.suites, ARCHITECTURE, self.recipe.components)
        if self.pinned:
            self.packages = archive.exactly(bill.pins(self.pinned, bill.DEBIAN))
            self.tools = archive.exactly(bill.pins(self.pinned, bill.BUILD))
        else:
            archive.update()
            fetched = archive.fetch(self.recipe.packages)
            fetched += archive.alone(self.recipe.alone) if self.recipe.alone else []
            self.packages = [package for package in fetched if package.name not in self.recipe.without]
            self.tools = [package for package in archive.fetch([HEADERS]) if package.name == HEADERS]
        for package in self.tools:
            call(["dpkg-deb", "--extract", package.file, self.work / "headers"])

    def _unpack(self) -> None:
        drop = Patterns(self.recipe.drop)
        for package in self.packages:
            self.tree.unpack(package, drop)

    def _choose_modules(self) -> None:
        slot.take_firmware(self.tree, self.boot, self.work)
        modules = slot.take_kernel(self.tree, self.boot, boards.device_trees(self.boards), self.packing.kernel)
        trees = [path.read_bytes() for path in self.boot.glob("*.dtb")]
        named = {name for tree in trees for name in modules.serving(kernel.compatibles(tree))}
        named -= set(self.recipe.without_modules)
        named |= {*self.recipe.modules, *self.early_modules, *boards.modules(self.boards)}
        slot.keep_modules(modules, modules.closure(named))
        self.modules = kernel.Modules(modules.folder)

    def _install(self) -> None:
        python.install(self.tree, self.cache)
        python.compile_kernels(self.tree, self.work / "headers", self.cache / "kernels")
        self.tree.remove(Patterns(self.recipe.drop))
        self.parts = [
            *bill.debian(self.tree.folder, self.packages),
            *bill.debian(self.work / "headers", self.tools, bill.BUILD),
            *bill.python(self.tree.folder / python.PLACE),
        ]

    def _compile(self) -> None:
        python.compile_bytecode(self.tree, python.runner(self.cache), self.cache / "bytecode")

    def _finish(self) -> None:
        root.finish(self.tree, self.recipe)
        elf.check(self.tree)

    def _fill_slot(self) -> None:
        init = (IMAGES / "initrd/init").read_bytes()
        initrd = slot.make_initrd(self.tree, self.modules, self.early_modules, init, self.time)
        slot.pack(initrd, self.boot / "initrd.img", 9)
        slot.squash(self.tree, self.boot / "root.squashfs", self.packing.root, self.time)
        shutil.copy(IMAGES / "cmdline.txt", self.boot)
        (self.boot / "config.txt").write_text(boards.config((IMAGES / "config.txt").read_text(), self.boards))

    def _assemble(self) -> None:
        one, first, data = (self.work / name for name in ("slot.img", "first.img", "data.img"))
        self._check_room()
        card.fat(one, SLOT_MIB, slot.LABEL, {path.name: path for path in self.boot.iterdir()}, self.time)
        autoboot, config = self.work / "autoboot.txt", self.work / "config.txt"
        autoboot.write_text(AUTOBOOT)
        config.write_text("# The Raspberry Pi's firmware wants this file; those of the slots count.\n")
        files = {path.name: path for path in (autoboot, config, self.work / slot.LOADER)}
        card.fat(first, FIRST_MIB, FIRST_LABEL, files, self.time)
        card.ext4(data, DATA_MIB, DATA_LABEL, self.time)
        parts = ((card.FAT32, FIRST_MIB, first), (card.FAT32, SLOT_MIB, one), (card.FAT32, SLOT_MIB, one))
        self.regions = card.card(self.work / "card.img", [*parts, (card.LINUX, DATA_MIB, data)])

    def _check_room(self) -> None:
        used = sum(path.stat().st_size for path in self.boot.iterdir())
        if used > (SLOT_MIB - card.FAT_OVERHEAD_MIB) * card.MIB:
            raise Trouble(
                f"a slot has {SLOT_MIB} MiB, and {used / card.MIB:.1f} MiB should go there: "
                f"let images/{self.recipe.flavour}/recipe.toml drop more"
            )


STEPS = {
    "Fetching packages": Build._fetch,
    "Unpacking them": Build._unpack,
    "Choosing the kernel's modules": Build._choose_modules,
    "Installing the firmware": Build._install,
    "Compiling Python": Build._compile,
    "Finishing the root": Build._finish,
    "Packing it into a slot": Build._fill_slot,
    "Putting the card together": Build._assemble,
}
