"""One engine, many tenants: each run has its own variables, services and account; nobody can starve the others."""

import horus_runtime as hr

SCRIPTS = {
    "north": "let rows = [3, 1, 2]; rows.sort(); remember(rows.len); rows",
    "south": "let text = ``; loop { text += `all of the memory`; text += text; }",
    "east": "remember(5); fn deep(n) { deep(n + 1) } deep(0)",
    "west": "let secret = 7; remember(secret); secret",
    "nosy": "secret",
}


def main():
    engine = hr.Engine()
    engine.max_data_size = 4 * 1024 * 1024
    engine.max_operations = 5_000_000
    remembered = {}
    engine.register_fn("remember", lambda value: remembered.setdefault("last", []).append(value))
    handles = {tenant: engine.start(script, name=tenant) for tenant, script in SCRIPTS.items()}
    for tenant, handle in handles.items():
        try:
            print(f"{tenant}: {handle.result(timeout=60)}")
        except hr.LimitError as error:
            print(f"{tenant}: {error.message}, the limit is {error.limit}")
        except hr.EvalError as error:
            print(f"{tenant}: {error}")
    print("remembered:", sorted(remembered["last"]))


if __name__ == "__main__":
    main()
