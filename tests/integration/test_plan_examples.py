"""Every operations payload is planned before it is run: the plan touches nothing, and foretells what the run does."""

import json

import pytest

from horus_runtime.cli.main import main
from tests.integration import test_operations_examples as examples
from tests.support.snapshots import predicted, snapshot

server = examples.server
for _name, _test in vars(examples).items():
    if _name.startswith("test_"):
        globals()[_name] = _test

RANDOM = (".tar.gz", ".vault")
"""Files whose content no two runs make alike."""


def comparable(tree):
    return {name: facts[:2] if name.endswith(RANDOM) else facts for name, facts in tree.items()}


@pytest.fixture
def run(root, capfd):
    def run(name, *flags):
        before = snapshot(root)
        capfd.readouterr()
        code = main(["plan", "--json", "--answer-get", *flags, str(examples.EXAMPLES / name)])
        out, err = capfd.readouterr()
        assert snapshot(root) == before
        document = json.loads(out)
        assert (err, document["exit_code"]) == ("", code)
        real = main(["run", *flags, str(examples.EXAMPLES / name)])
        printed = capfd.readouterr()
        if all(action["answer"] == "answered" or action["kind"] == "osiris" for action in document["actions"]):
            assert code == real
            if not document["records"] and "new_store" not in document and not code:
                after = snapshot(root, times=False)
                assert comparable(predicted(before, document["changes"], root)) == comparable(after)
                assert document["output"] == printed.out
        return (real, *printed)

    return run
