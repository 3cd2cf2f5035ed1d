"""Runs scripts on threads, cancels one, lets one run into its deadline, and reads the accounts."""

import threading

import horus_runtime as hr


def main():
    engine = hr.Engine()
    begun = threading.Event()
    engine.register_fn("begun", begun.set)

    good = engine.start("let n = 0; for i in 0..1000 { n += i; } n")
    print("result:", good.result(timeout=30))
    print("operations were counted:", good.operations > 1000)

    endless = engine.start("begun(); loop { try { sleep(1); } catch { } }")
    begun.wait()
    print("cancelled:", endless.cancel("the user closed the page"))
    try:
        endless.result(timeout=30)
    except hr.TerminatedError as error:
        print("ended:", error.message)

    engine.max_duration = 0.05
    late = engine.start("loop { }")
    try:
        late.result(timeout=30)
    except hr.DeadlineError as error:
        print("ended:", error.message, "after", error.limit, "s")


if __name__ == "__main__":
    main()
