"""Formulas as functions: users write expressions, the host calls them like its own functions, a million times."""

import horus_runtime as hr

FORMULAS = {
    "area": "|width, height| width * height",
    "interest": "|sum, rate, years| sum * (1.0 + rate) ** years",
    "grade": 'fn grade(points) { switch points { 90..=100 => "A", 70..90 => "B", _ => "C" } }',
}


def main() -> None:
    engine = hr.Engine()
    functions = {name: engine.compile_fn(text) for name, text in FORMULAS.items()}
    print(functions["area"](6, 7))
    print(f"{functions['interest'](1000.0, 0.03, 10):.2f}")
    print([functions["grade"](points) for points in (95, 80, 12)])

    typed = engine.compile_fn("|n| [n, n * n]", returns=tuple[int, int])
    print(typed(12))
    try:
        typed(1.5)
    except hr.EvalError as error:
        print(error.message)

    # A closure keeps its variables from call to call.
    counter = engine.compile_fn("let count = 0; || { count += 1; count }")
    print([counter() for _ in range(3)])

    # Scripts call back into Python, and Python into scripts.
    @engine.fn
    def compose(first: hr.FnPtr, second: hr.FnPtr, ctx: hr.NativeCallContext, value: hr.Dynamic) -> hr.Dynamic:
        return ctx.call(second, ctx.call(first, value))

    print(engine.eval("compose(|x| x + 1, |x| x * 10, 4)"))


if __name__ == "__main__":
    main()
