"""A plug-in system: scripts in a folder register commands, may import each other, and share a package of the host."""

import tempfile
from pathlib import Path

import horus_runtime as hr

PLUGINS = {
    "lib/texts.rhai": """
        /// Put a frame around a text.
        fn framed(text) { `[ ${text} ]` }
    """,
    "greet.rhai": """
        //! Greets people.
        import "lib/texts" as texts;
        fn register() { command("greet", |name| texts::framed(`Hello, ${name}!`)); }
    """,
    "count.rhai": """
        //! Counts how often it is asked.
        fn register() {
            let asked = 0;
            command("count", || { asked += 1; asked });
        }
    """,
    "broken.rhai": "fn register() { this is no script }",
}


class Host:
    """Keeps what plug-ins register."""

    def __init__(self, folder: Path) -> None:
        self.engine = hr.Engine()
        self.engine.module_resolver = hr.FileModuleResolver(folder)
        self.commands: dict[str, hr.PointerFunction] = {}
        api = hr.Module("plugin-api", "What plug-ins may use.")
        api.register_fn("command", self.command)
        self.engine.use(api)
        for path in sorted(folder.glob("*.rhai")):
            self.load(path)

    def command(self, name: str, function: hr.FnPtr) -> None:
        """Offer a command under a name."""
        if name in self.commands:
            raise ValueError(f"the command '{name}' exists already")
        self.commands[name] = self.engine.bind(function)

    def load(self, path: Path) -> None:
        try:
            tree = self.engine.compile_file(path)
            self.engine.call_fn(tree, "register")
            print(f"{path.name}: {tree.doc}")
        except hr.HorusError as error:
            print(f"{path.name}: not loaded: {error.message}")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in PLUGINS.items():
            path = folder / file
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        host = Host(folder)
        print(host.commands["greet"]("Ann"))
        print([host.commands["count"]() for _ in range(3)])
        print(host.engine.signatures())


if __name__ == "__main__":
    main()
