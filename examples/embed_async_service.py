"""A service that runs scripts of its users side by side on one event loop, with limits and async host functions."""

import asyncio

import horus_runtime as hr

PRICES = {"bolt": 3, "gear": 40}


def make_engine():
    engine = hr.Engine()
    engine.max_operations = 2_000_000
    engine.max_duration = 5.0
    engine.max_data_size = 8 * 1024 * 1024

    @engine.fn
    async def price(product: str) -> int:
        await asyncio.sleep(0)  # a real service would ask a database here
        return PRICES[product]

    return engine


async def handle(engine, user, script):
    """Answer one request."""
    try:
        return f"{user}: {await engine.eval_async(script)}"
    except hr.LimitError as error:
        return f"{user}: stopped: {error.message}"
    except hr.HorusError as error:
        return f"{user}: failed: {error}"


async def main():
    engine = make_engine()
    requests = {
        "ann": "price(`bolt`) * 100",
        "bob": "[`bolt`, `gear`].map(|p| price(p)).reduce(|sum, x| sum + x, 0)",
        "eve": "loop { }",
        "joe": "let a = []; loop { a.push(`more and more`); a += a; }",
        "kim": "price(1)",
    }
    for answer in await asyncio.gather(*(handle(engine, *request) for request in requests.items())):
        print(answer)


if __name__ == "__main__":
    asyncio.run(main())
