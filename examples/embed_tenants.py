"""One engine, many tenants: their scripts run on threads, each with its own data, limits and tag."""

from concurrent.futures import ThreadPoolExecutor

import horus_runtime as hr

SCRIPTS = {
    "acme": 'store("greeting", `hello from ${tenant()}`); let s = 0; for i in 0..1000 { s += i; } s',
    "initech": 'store("greeting", `hello from ${tenant()}`); load("greeting")',
    "hooli": 'let a = []; loop { a.push("x"); }',
    "umbrella": 'load("greeting")',
}


def make_engine(stores: dict[str, dict[str, object]]) -> hr.Engine:
    """An engine whose functions know the tenant by the tag of the run."""
    engine = hr.Engine(hr.Limits(max_operations=200_000, max_duration=2.0, max_array_size=1_000))

    @engine.fn
    def tenant(ctx: hr.NativeCallContext) -> str:
        return ctx.tag

    @engine.fn
    def store(ctx: hr.NativeCallContext, key: str, value: hr.Dynamic) -> None:
        stores[ctx.tag][key] = value

    @engine.fn
    def load(ctx: hr.NativeCallContext, key: str) -> hr.Dynamic:
        return stores[ctx.tag][key]

    return engine


def main() -> None:
    stores: dict[str, dict[str, object]] = {name: {} for name in SCRIPTS}
    engine = make_engine(stores)

    def work(name: str) -> str:
        tree = engine.compile(f"fn main() {{ {SCRIPTS[name]} }}", name=name)
        try:
            return f"{name}: {engine.call_fn(tree, 'main', tag=name)}"
        except hr.LimitError as error:
            return f"{name}: stopped: {error.message} (limit {error.limit})"
        except hr.EvalError as error:
            return f"{name}: failed: {error.root().message}"

    with ThreadPoolExecutor(4) as pool:
        for line in pool.map(work, SCRIPTS):
            print(line)
    print(stores)


if __name__ == "__main__":
    main()
