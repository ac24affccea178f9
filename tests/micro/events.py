"""Micro case: tasks, events, latches and time limits of aio behave alike on both Pythons."""

from feedpath import aio


async def tell(name: str, event: "aio.Event") -> str:
    await event.wait()
    print(name, "woke")
    return name


async def event_wakes_all_that_wait() -> None:
    event = aio.Event()
    waiting = [aio.create_task(tell(name, event)) for name in ("first", "second")]
    await aio.sleep_ms(0)
    print("set before:", event.is_set())
    event.set()
    print("returned", list(await aio.gather(*waiting)))


async def wake_set_before_the_wait_is_kept() -> None:
    wake = aio.Wake()
    wake.set()
    wake.set()
    await wake.wait()
    print("woke once")
    try:
        await aio.wait_for_ms(wake.wait(), 1)
    except aio.TimeoutError:
        print("waking cleared it")


async def wake_rouses_a_task() -> None:
    wake = aio.Wake()
    order = []

    async def sleeper() -> None:
        order.append("waits")
        await wake.wait()
        order.append("runs on")

    task = aio.create_task(sleeper())
    await aio.sleep_ms(0)
    order.append("set")
    wake.set()
    await task
    print(order)


async def wait_for_ms_returns_or_gives_up() -> None:
    async def answer() -> int:
        await aio.sleep_ms(0)
        return 42

    print("in time:", await aio.wait_for_ms(answer(), 60000))
    try:
        await aio.wait_for_ms(aio.Event().wait(), 1)
    except aio.TimeoutError:
        print("too late")


async def canceled_task_runs_its_finally() -> None:
    async def stubborn() -> None:
        try:
            await aio.Event().wait()
        finally:
            print("cleaned up")

    task = aio.create_task(stubborn())
    await aio.sleep_ms(0)
    task.cancel()
    try:
        await task
    except aio.CancelledError:
        print("canceled")


async def lock_lets_one_in_at_a_time() -> None:
    lock = aio.Lock()

    async def enter(name: str) -> None:
        async with lock:
            print(name, "in")
            await aio.sleep_ms(0)
            print(name, "out")

    await aio.gather(enter("first"), enter("second"))


async def ticks_go_on() -> None:
    before = aio.ticks_ms()
    await aio.sleep_ms(2)
    print("ticks grew:", aio.ticks_diff(aio.ticks_ms(), before) >= 1)


async def main() -> None:
    await event_wakes_all_that_wait()
    await wake_set_before_the_wait_is_kept()
    await wake_rouses_a_task()
    await wait_for_ms_returns_or_gives_up()
    await canceled_task_runs_its_finally()
    await lock_lets_one_in_at_a_time()
    await ticks_go_on()


aio.run(main())
