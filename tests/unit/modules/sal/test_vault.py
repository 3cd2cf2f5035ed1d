"""`vault`: secrets go round, other passwords and changed files are refused, values are masked."""

import pytest

from horus_runtime.errors import HostFailure, PolicyError
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import sal_modules
from tests.support.host_calls import Caller, FakeContext

MODULES = sal_modules()
CHEAP = {"create": True, "cost": "interactive"}


@pytest.fixture
def context(tmp_path):
    return FakeContext(Policy(read=(str(tmp_path),), write=(str(tmp_path),), run=("printf",)), cwd=str(tmp_path))


def failure(call, *args):
    with pytest.raises(HostFailure) as caught:
        call(*args)
    return caught.value.failure, caught.value.value["message"]


def test_secrets_go_round(context, tmp_path):
    vault = Caller(MODULES["vault"], context)
    made = vault.open("s.vault", "correct horse", CHEAP)
    assert (vault.set(made, "token", "abc-123"), vault.set(made, "token", "abc-124")) == (True, False)
    again = vault.open("s.vault", "correct horse")
    assert (vault.get(again, "token"), vault.keys(again), vault.has(again, "x")) == ("abc-124", ["token"], False)
    assert (vault.get(again, "x", "default"), vault.delete(again, "token"), vault.delete(again, "token")) == (
        "default", True, False,
    )  # fmt: skip
    content = (tmp_path / "s.vault").read_bytes()
    assert content.startswith(b"horus-vault-1\ni")
    assert (b"token" in content, (tmp_path / "s.vault").stat().st_mode & 0o777) == (False, 0o600)


def test_another_password_or_a_changed_file_is_refused(context, tmp_path):
    vault = Caller(MODULES["vault"], context)
    made = vault.open("s.vault", "correct horse", CHEAP)
    refused = ("PermissionDenied", "'s.vault' does not open: the password is another one, or the file was changed")
    assert failure(vault.open, "s.vault", "wrong horse") == refused
    changed = bytearray((tmp_path / "s.vault").read_bytes())
    changed[-1] ^= 1
    (tmp_path / "s.vault").write_bytes(changed)
    assert failure(vault.open, "s.vault", "correct horse") == refused
    assert failure(vault.get, made, "x") == refused
    (tmp_path / "plain").write_text("hello")
    assert failure(vault.open, "plain", "pass word") == ("InvalidArgument", "'plain' is not a vault")
    assert failure(vault.open, "none", "pass word") == ("NotFound", "there is no file or directory 'none'")
    assert failure(vault.open, "none", "") == ("InvalidArgument", "vault.open: 'password' is empty")
    assert not (tmp_path / "none").exists()


def test_a_password_can_be_changed(context):
    vault = Caller(MODULES["vault"], context)
    made = vault.open("s.vault", "correct horse", CHEAP)
    vault.set(made, "a", "value one")
    changed = vault.change_password(made, "battery staple")
    assert vault.get(changed, "a") == "value one"
    assert failure(vault.open, "s.vault", "correct horse")[0] == "PermissionDenied"
    assert vault.get(vault.open("s.vault", "battery staple"), "a") == "value one"


def test_secrets_are_masked_in_output_errors_and_audit(context):
    records = []
    context.services["audit"] = records.append
    vault, process = Caller(MODULES["vault"], context), Caller(MODULES["process"], context)
    made = vault.open("s.vault", "correct horse", CHEAP)
    vault.set(made, "token", "abc-123")
    done = process.run(["printf", "a abc-123 b"])
    assert (done["stdout"], done["command"][1]) == ("a *** b", "a *** b")
    kind, message = failure(Caller(MODULES["os"], context).read, "abc-123.txt")
    assert (kind, message) == ("NotFound", "there is no file or directory '***.txt'")
    assert [record["subject"] for record in records if "abc" in record["subject"]] == []


def test_writing_needs_its_own_grant(context, tmp_path):
    vault = Caller(MODULES["vault"], context)
    made = vault.open("s.vault", "correct horse", CHEAP)
    reader = Caller(MODULES["vault"], FakeContext(Policy(read=(str(tmp_path),)), cwd=str(tmp_path)))
    assert reader.keys(made) == []
    with pytest.raises(PolicyError):
        reader.set(made, "a", "b")
