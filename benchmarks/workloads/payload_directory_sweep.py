import os
import tempfile
from functools import cache

EXTENSIONS = ("txt", "log", "tmp", "txt", "csv")


@cache
def folder():
    """A tree of 600 small files, made once, removed with the process."""
    place = tempfile.TemporaryDirectory()
    for i in range(600):
        directory = os.path.join(place.name, f"d{i % 20:02}", f"e{i % 3}")
        os.makedirs(directory, exist_ok=True)
        lines = [f"line {n} of file {i}" + (" TODO" if (n + i) % 17 == 0 else "") for n in range(i % 40 + 1)]
        with open(os.path.join(directory, f"file-{i:03}.{EXTENSIONS[i % 5]}"), "w", encoding="utf-8") as out:
            out.write("\n".join(lines))
    return place


def host(text):
    import horus_runtime as hr
    from horus_runtime.modules.policy import Policy

    place = folder().name
    engine = hr.Engine.sal(Policy(read=(place,)), cwd=place)
    tree = engine.compile(text)
    return lambda: engine.eval_ast(tree)


def find_files(top):
    """Sorted within each directory, as the runtime lists them."""
    found = []
    with os.scandir(top) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_dir(follow_symlinks=False):
                found += find_files(entry.path)
            else:
                found.append(entry.path)
    return found


def run():
    top = folder().name
    by_extension = {}
    largest = {"name": "", "size": -1}
    todo = 0
    archive = []
    for path in find_files(top):
        extension = path.rpartition(".")[2]
        size = os.stat(path).st_size
        shown = "." + path[len(top) :]
        by_extension[extension] = by_extension.get(extension, 0) + size
        if size > largest["size"]:
            largest = {"name": shown, "size": size}
        if extension == "txt":
            with open(path, encoding="utf-8") as lines:
                for line in lines.read().split("\n"):
                    if "TODO" in line:
                        todo += 1
        elif extension == "tmp":
            archive.append(shown)
    return [by_extension, largest, todo, len(archive), archive[0]]
