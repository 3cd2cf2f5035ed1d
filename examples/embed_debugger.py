"""Stops a script at a breakpoint, shows where it is, changes a variable, and goes on step by step."""

import horus_runtime as hr

SCRIPT = """\
fn discount(price, percent) {
    let off = price * percent / 100;
    price - off
}
let prices = [200, 80];
let total = 0;
for price in prices {
    total += discount(price, 10);
}
total
"""


def on_stop(stop):
    frame = stop.frame
    names = [inner.name or "main" for inner in stop.frames]
    print(f"{stop.event.value} at line {frame.position.line} in {' < '.join(names)}: {frame.variables}")
    if stop.event is hr.Event.BREAKPOINT:
        print("  off would be", frame.evaluate("price * percent / 100"))
        frame.set("percent", 50)
        return hr.Action.STEP_OVER
    if stop.event is hr.Event.STEP:
        return hr.Action.STEP_OUT
    print("  returns", stop.value)
    return hr.Action.CONTINUE


def main():
    engine = hr.Engine()
    print("without:", engine.eval(SCRIPT))
    debugger = hr.Debugger(on_stop)
    debugger.break_at(2, condition="price > 100")
    engine.debugger = debugger
    print("with:", engine.eval(SCRIPT))


if __name__ == "__main__":
    main()
