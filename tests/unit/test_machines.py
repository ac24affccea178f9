"""Machines come and go: each is known again, as long as anything tells it apart."""

import asyncio
from dataclasses import dataclass, field

import pytest

from feedpath.back.usb.device import Unavailable
from feedpath.core.policy import Policy
from feedpath.core.printers import Printers
from feedpath.core.spool import Area
from feedpath.errors import Refused
from feedpath.front.advert.records import Reach, services
from feedpath.host.store import SqliteStore
from feedpath.machines import Machines
from tests.fakes.machine import WATCHDOG_S, Machine, until


@dataclass
class Plugged:
    """A machine on the bus."""

    key: str
    serial: str = ""
    vendor: int = 0x1209
    product: int = 1
    machine: Machine = field(default_factory=Machine)
    broken: str = ""

    def open(self):
        if self.broken:
            raise Unavailable(self.broken)
        return self.machine


class Bus:
    def __init__(self):
        self.plugged = []

    def poll(self):
        return list(self.plugged)


class House:
    """Machines on a bus, with a store that stays over `restart`."""

    def __init__(self, directory):
        self.directory = directory
        self.bus = Bus()
        self.wanted = ""

    async def __aenter__(self):
        self.store = SqliteStore(self.directory / "state.db")
        self.printers = Printers()
        area = Area(self.directory / "spool", 1 << 30, 1 << 20)
        self.machines = Machines(
            self.printers,
            self.store,
            area,
            Policy(),
            [self.bus],
            {},
            "box",
            8,
            lambda: self.wanted,
            lambda: "",
            lambda: False,
        )
        await self.machines.restore()
        return self

    async def __aexit__(self, *_exc):
        await self.machines.close()
        await asyncio.get_running_loop().run_in_executor(None, self.store.close)

    async def look(self, *plugged):
        self.bus.plugged = list(plugged)
        await self.machines.poll()

    def remembered(self):
        return self.store.printers()["1209:0001:S1"]["queues"]

    def told(self):
        return [(printer.name, printer.device.connection is not None) for printer in self.printers]


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


def test_a_machine_is_remembered_while_it_is_away_and_over_a_restart(tmp_path):
    async def main():
        async with House(tmp_path) as house:
            await house.look()
            assert house.told() == []
            await house.look(Plugged("1209:0001:S1", "S1"))
            assert house.told() == [("Feedpath Memory", True)]
            uuid = house.printers.default.uuid
            await house.look()
            assert house.told() == [("Feedpath Memory", False)]
            assert house.printers.default.reasons == ["offline-report"]
        async with House(tmp_path) as again:
            assert again.told() == [("Feedpath Memory", False)]
            assert again.printers.default.uuid == uuid
            assert again.printers.default.capabilities.formats[0] == "image/urf"
            await again.look(Plugged("1209:0001:S1", "S1"))
            assert again.told() == [("Feedpath Memory", True)]

    run(main())


def test_two_identical_machines_without_serials_are_two_printers_by_their_ports(tmp_path):
    async def main():
        async with House(tmp_path) as house:
            left, right = Plugged("1209:0001@1-1"), Plugged("1209:0001@1-2")
            await house.look(left, right)
            assert house.told() == [("Feedpath Memory", True), ("Feedpath Memory 2", True)]
            assert len({printer.uuid for printer in house.printers}) == 2
            await house.look(right)
            assert house.told() == [("Feedpath Memory", False), ("Feedpath Memory 2", True)]

    run(main())


def test_a_machine_without_serial_that_comes_back_at_another_port_is_the_same(tmp_path):
    async def main():
        async with House(tmp_path) as house:
            await house.look(Plugged("1209:0001@1-1"))
            await house.look()
            await house.look(Plugged("1209:0001@1-3"))
            assert house.told() == [("Feedpath Memory", True)]

    run(main())


def test_a_stranger_of_the_same_model_is_not_taken_for_one_that_is_there(tmp_path):
    async def main():
        async with House(tmp_path) as house:
            first = Plugged("1209:0001@1-1")
            await house.look(first)
            await house.look(first, Plugged("1209:0001@1-3"))
            assert house.told() == [("Feedpath Memory", True), ("Feedpath Memory 2", True)]

    run(main())


def test_a_machine_that_was_reset_on_the_bus_is_opened_again(tmp_path):
    async def main():
        async with House(tmp_path) as house:
            plugged = Plugged("1209:0001:S1", "S1")
            await house.look(plugged)
            plugged.machine.gone = True
            await until(lambda: house.printers.default.device.connection is None)
            plugged.machine = Machine()
            await house.look(plugged)
            assert house.told() == [("Feedpath Memory", True)]

    run(main())


def test_a_machine_that_cannot_be_opened_is_said_so_once_and_tried_again(tmp_path, caplog):
    async def main():
        async with House(tmp_path) as house:
            plugged = Plugged("1209:0001:S1", "S1", broken="Another program uses the printer.")
            for _ in range(3):
                await house.look(plugged)
            assert house.told() == []
            assert caplog.text.count("Another program uses the printer.") == 1
            plugged.broken = ""
            await house.look(plugged)
            assert house.told() == [("Feedpath Memory", True)]

    run(main())


@pytest.mark.parametrize("wanted", ["Office", ""])
def test_the_owners_name_is_taken_and_a_further_queue_stays_over_a_restart(tmp_path, wanted):
    async def main():
        async with House(tmp_path) as house:
            house.wanted = wanted
            await house.look(Plugged("1209:0001:S1", "S1"))
            first = house.printers.default
            assert first.name == (wanted or "Feedpath Memory")
            further = house.machines.add_queue(first, "Drafts")
            assert further.device is first.device and further.uuid != first.uuid
            with pytest.raises(ValueError, match="Drafts"):
                house.machines.add_queue(first, "Drafts")
            house.machines.announced(first, "Office (2)")
            further.pause()
            await until(lambda: [bool(queue.get("paused")) for queue in house.remembered()] == [False, True])
        async with House(tmp_path) as again:
            assert [name for name, _ in again.told()] == [first.name, "Drafts"]
            assert again.printers.default.announced == "Office (2)"
            assert [printer.paused for printer in again.printers] == [False, True]

    run(main())


LASER = "MFG:Acme;MDL:Jet 9;CMD:PJL,PCL,POSTSCRIPT;SN:1;"


def laser() -> "Plugged":
    machine = Machine()
    machine.device_id, machine.make, machine.model = LASER, "Acme", "Jet 9"
    return Plugged("1209:0001:S1", "S1", machine=machine)


def test_another_driver_is_taken_at_once_and_stays_over_a_restart(tmp_path):
    async def main():
        async with House(tmp_path) as house:
            await house.look(laser())
            printer = house.printers.default
            assert printer.device.driver.origin.choice == "language:postscript"
            before, version = printer.capabilities, printer.version
            announced = services(printer, Reach(631), "pi.local")
            heard: list[frozenset[str]] = []
            printer.watch(heard.append)
            await house.machines.use(printer, "PCL 5")
            assert printer.device.driver.origin == ("language:pcl5", "PCL 5", "It was chosen by a person.", "", True)
            assert printer.capabilities is not before and printer.version > version
            assert printer.capabilities.color != before.color
            assert services(printer, Reach(631), "pi.local") != announced
            await until(lambda: heard and "identity" in heard[0])
        async with House(tmp_path) as again:
            printer = again.printers.default
            assert printer.device.driver.name == "pcl5"
            await again.machines.use(printer, "automatic")
            assert printer.device.driver.origin.choice == "language:postscript"

    run(main())


def test_a_driver_that_is_gone_is_said_so_and_comes_back_when_it_is_there_again(tmp_path, caplog):
    async def main():
        ppd = tmp_path / "fake.ppd"
        async with House(tmp_path) as house:
            await house.look(laser())
            key, record = next(iter(house.store.printers().items()))
            house.store.remember(key, {**record, "driver": {"choice": f"file://{ppd}", "options": {}}})
        async with House(tmp_path) as again:
            origin = again.printers.default.device.driver.origin
            assert origin.choice == "language:postscript"
            assert f"file://{ppd}, cannot be used" in origin.lost and origin.lost in caplog.text
            assert again.store.printers()[key]["driver"]["choice"] == f"file://{ppd}"

    run(main())


@pytest.mark.parametrize("name, hint", [("pcl", "pcl5"), ("no such driver", "feedpath driver list")])
def test_a_driver_that_is_not_there_changes_nothing(tmp_path, name, hint):
    async def main():
        async with House(tmp_path) as house:
            await house.look(laser())
            printer = house.printers.default
            driver, record = printer.device.driver, house.store.printers()
            with pytest.raises(Refused) as refused:
                await house.machines.use(printer, name)
            assert hint in refused.value.detail
            assert printer.device.driver is driver and house.store.printers() == record

    run(main())


def test_what_fits_is_told_of_a_printer_and_what_else_there_is(tmp_path):
    async def main():
        async with House(tmp_path) as house:
            await house.look(laser())
            printer = house.printers.default
            fits = [fit.choice for fit in await house.machines.fits(printer)]
            assert fits == ["language:postscript", "language:pcl5", "raw"]
            assert "language:zpl" in [fit.choice for fit in await house.machines.fits(printer, every=True)]
            assert [fit.choice for fit in await house.machines.fits(printer, "zpl")] == ["language:zpl"]

    run(main())


def test_a_driver_without_options_of_its_own_says_so(tmp_path):
    async def main():
        async with House(tmp_path) as house:
            await house.look(laser())
            assert house.machines.settings(house.printers.default) == ()
            with pytest.raises(Refused, match="no options of its own"):
                await house.machines.set(house.printers.default, {"Density": "3"})

    run(main())


def test_a_machine_that_is_reset_cold_is_met_anew(tmp_path):
    async def main():
        async with House(tmp_path) as house:
            machine = Plugged("1209:0001:S1", "S1")
            await house.look(machine)
            await house.printers.default.device.reset(cold=True)
            assert house.told() == [("Feedpath Memory", False)]
            await house.look(machine)
            assert house.told() == [("Feedpath Memory", True)]

    run(main())


def test_a_name_that_is_given_stays_over_a_restart_and_the_queue_keeps_its_own(tmp_path):
    async def main():
        async with House(tmp_path) as house:
            await house.look(Plugged("1209:0001:S1", "S1"))
            await house.machines.rename(house.printers.default, "Hall é")
            assert house.remembered()[0]["announced"] == "Hall é"
        async with House(tmp_path) as again:
            printer = again.printers.default
            assert (printer.name, printer.info, printer.announced) == ("Feedpath Memory", "Hall é", "Hall é")

    run(main())


@pytest.mark.parametrize("name", ["", " ", "a\nb", "é" * 32])
def test_what_is_no_name_is_refused(tmp_path, name):
    async def main():
        async with House(tmp_path) as house:
            await house.look(Plugged("1209:0001:S1", "S1"))
            with pytest.raises(Refused):
                await house.machines.rename(house.printers.default, name)
            assert house.printers.default.announced == "Feedpath Memory"

    run(main())
