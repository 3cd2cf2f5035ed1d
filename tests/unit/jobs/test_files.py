"""Job files and key files on disk."""

import os
import stat

import pytest

from horus_runtime.errors import JobError
from horus_runtime.jobs import files
from horus_runtime.jobs.model import Job
from horus_runtime.jobs.signing import SigningKey

JOB = Job(id="job-1", runner_id="sal", payload="1", created_at=1763114400)


def message(function, *args):
    with pytest.raises(JobError) as caught:
        function(*args)
    return caught.value.kind, caught.value.message


def test_a_saved_job_is_loaded_as_it_was(tmp_path):
    files.save_job(JOB, tmp_path / "job.json")
    assert files.load_job(tmp_path / "job.json") == JOB
    assert files.load_document(tmp_path / "job.json")["id"] == "job-1"


def test_a_new_job_file_is_the_owners_alone_and_a_replaced_one_keeps_its_mode(tmp_path):
    path = tmp_path / "job.json"
    files.save_job(JOB, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    files.save_job(JOB, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [entry.name for entry in tmp_path.iterdir()] == ["job.json"]


def test_a_directory_is_no_job_file(tmp_path):
    assert message(files.load_job, tmp_path) == ("structure", f"'{tmp_path}' is a directory, not a job file")


def test_a_missing_job_file_is_told(tmp_path):
    path = tmp_path / "none.json"
    assert message(files.load_job, path) == ("structure", f"cannot read '{path}': no such file or directory")


def test_a_pipe_is_refused_without_waiting(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert message(files.load_job, path) == ("structure", f"'{path}' is not a regular file")


def test_an_endless_device_is_refused():
    assert message(files.load_job, "/dev/zero") == ("structure", "'/dev/zero' is not a regular file")


def test_a_huge_job_file_is_refused_unread(tmp_path):
    path = tmp_path / "job.json"
    with path.open("wb") as file:
        file.truncate(files.MAX_JOB_FILE + 1)
    assert message(files.load_job, path) == (
        "structure",
        f"'{path}' is too large for a job file: 8388608 bytes are allowed",
    )


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    path = tmp_path / "none" / "job.json"
    assert message(files.save_job, JOB, path) == ("file", f"cannot write '{path}': no such file or directory")
    folder = tmp_path / "folder"
    folder.mkdir()
    assert message(files.save_job, JOB, folder) == ("file", f"cannot write '{folder}': is a directory")
    assert list(tmp_path.iterdir()) == [folder]


def test_a_key_file_is_the_owners_alone(tmp_path):
    key = SigningKey.generate()
    path = tmp_path / "key"
    files.save_new_key(key, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert files.load_key(path).public_key == key.public_key


def test_a_key_is_never_overwritten(tmp_path):
    path = tmp_path / "key"
    path.write_text("old")
    assert message(files.save_new_key, SigningKey.generate(), path) == (
        "key",
        f"'{path}' exists already; a key is never overwritten",
    )
    assert path.read_text() == "old"


def test_a_key_does_not_follow_a_link_that_waits_for_it(tmp_path):
    path = tmp_path / "key"
    path.symlink_to(tmp_path / "elsewhere")
    assert message(files.save_new_key, SigningKey.generate(), path)[0] == "key"
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610, 0o660])
def test_a_key_that_others_can_reach_is_refused(tmp_path, mode):
    path = tmp_path / "key"
    files.save_new_key(SigningKey.generate(), path)
    path.chmod(mode)
    assert message(files.load_key, path) == (
        "key",
        f"'{path}' can be read by others (mode {mode:04o}); run: chmod 600 '{path}'",
    )


@pytest.mark.parametrize("content", [b"", b"secret", b"\xff", b"ed25519-private:00"])
def test_other_content_is_no_key_and_is_not_repeated(tmp_path, content):
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    assert message(files.load_key, path) == (
        "key",
        f"'{path}' is not a private key file: no line 'ed25519-private:...' in it",
    )
