"""`horus keys`."""

import json
import stat

import pytest

from horus_runtime.jobs.files import load_key
from horus_runtime.jobs.signing import SigningKey

ALICE = SigningKey.from_seed_hex("aa" * 32).public_key
BOB = SigningKey.from_seed_hex("bb" * 32).public_key


def test_a_new_key_goes_to_the_users_folder(horus, home):
    code, out, err = horus("keys", "new")
    path = home / "keys" / "default.key"
    assert (code, err) == (0, "")
    assert out == f"private key: {path}\npublic key:  {load_key(path).public_key}\n"
    assert [stat.S_IMODE(entry.stat().st_mode) for entry in (home / "keys", path)] == [0o700, 0o600]


def test_a_new_key_goes_where_it_is_told_to(horus, home, work):
    code, out, _ = horus("keys", "new", "-o", "my.key", "--json")
    assert code == 0
    assert json.loads(out) == {"private_key_file": "my.key", "public_key": load_key(work / "my.key").public_key}
    assert not home.exists()


def test_a_key_is_not_overwritten(horus, home):
    horus("keys", "new")
    before = (home / "keys" / "default.key").read_text()
    path = home / "keys" / "default.key"
    assert horus("keys", "new") == (5, "", f"'{path}' exists already; a key is never overwritten\n")
    assert path.read_text() == before


@pytest.mark.parametrize("name", ["../x", "a/b", "", "a.b"])
def test_a_name_that_is_a_path_is_refused(horus, home, name):
    assert horus("keys", "new", name) == (
        2,
        "",
        f"'{name}' is no name for a key: use letters, digits, '-' and '_', or --out FILE\n",
    )
    assert not home.exists()


def test_trusted_keys_are_collected(horus, home):
    path = home / "trust.json"
    assert horus("keys", "trust", ALICE, "--name", "alice") == (0, f"{path}: 1 trusted, 1 required\n", "")
    assert horus("keys", "trust", BOB, "--required", "2") == (0, f"{path}: 2 trusted, 2 required\n", "")
    assert json.loads(path.read_text()) == {
        "version": 1,
        "required": 2,
        "max_age": 86400,
        "keys": {ALICE: "alice", BOB: ""},
    }
    assert horus("keys", "list") == (0, f"trusted  {ALICE}  alice\ntrusted  {BOB}\n", "")


def test_own_keys_are_listed_with_trusted_ones(horus, home):
    horus("keys", "new", "ci")
    horus("keys", "trust", ALICE)
    own = load_key(home / "keys" / "ci.key").public_key
    assert json.loads(horus("keys", "list", "--json").out) == {
        "own": {"ci": own},
        "trusted": {ALICE: ""},
        "required": 1,
    }


def test_what_is_no_key_is_not_trusted(horus, home):
    assert horus("keys", "trust", "ed25519:abc") == (
        5,
        "",
        "'ed25519:abc' is not a public key: expected 'ed25519:' and 64 hexadecimal digits\n",
    )
    assert not home.exists()


def test_more_signatures_than_keys_cannot_be_required(horus, home):
    assert horus("keys", "trust", ALICE, "--required", "2") == (
        5,
        "",
        "the number of required signatures is 2, but only 1 keys are trusted\n",
    )
    assert not home.exists()


def test_a_trust_store_that_others_can_change_is_refused(horus, home):
    horus("keys", "trust", ALICE)
    path = home / "trust.json"
    path.chmod(0o666)
    assert horus("keys", "list") == (5, "", f"'{path}' can be changed by others; run: chmod go-w '{path}'\n")
