"""What a payload prints: kept up to a bound, shown while it comes."""

from horus_runtime.jobs.console import Console
from horus_runtime.source import Position


def test_printed_and_debugged_lines_are_kept_in_order():
    console = Console(1000)
    console.print("a")
    console.debug("1", "x.rhai", Position(2, 3))
    console.debug("2", None, Position(4, 5))
    assert console.close() == "a\nx.rhai @ 2:3 | 1\n4:5 | 2\n"


def test_output_is_echoed_as_it_comes():
    seen = []
    console = Console(1000, seen.append)
    console.print("a")
    console.print("")
    assert seen == ["a\n", "\n"]


def test_output_beyond_the_bound_is_dropped_with_one_notice():
    seen = []
    console = Console(10, seen.append)
    for _ in range(3):
        console.print("123456")
    assert console.close() == "123456\n123\n[output ends here: 10 characters are kept]\n"
    assert "".join(seen) == "123456\n123\n[output ends here: 10 characters are kept]\n"


def test_a_closed_console_takes_and_echoes_nothing():
    seen = []
    console = Console(10, seen.append)
    console.print("a")
    assert console.close() == "a\n"
    console.print("b")
    assert console.close() == "a\n"
    assert seen == ["a\n"]
