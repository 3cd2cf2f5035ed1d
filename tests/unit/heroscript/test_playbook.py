"""Playbook operations: filters, order, includes, placeholders, hashes, export, and parameters beyond getters."""

import dataclasses
import enum
from datetime import datetime
from typing import Annotated

import pytest
from pydantic import BaseModel

from horus_runtime.errors import ParseError
from horus_runtime.heroscript.encoder import HeroField, decode, encode
from horus_runtime.heroscript.params import Params
from horus_runtime.heroscript.parser import parse_params
from horus_runtime.heroscript.placeholders import replace_words
from horus_runtime.heroscript.playbook import Playbook, parse_playbook

TEXT = "!!git.list\n!!git.clone url:x\n!!docker.ps\n!!restart\n!!core.stop\n!!Gitea.list n:2\n"


def names(actions):
    return [action.full_name for action in actions]


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ("git.", ["git.list", "git.clone"]),
        (".list", ["git.list", "gitea.list"]),
        ("git:list", ["git.list"]),
        ("restart", ["core.restart"]),
        ("", ["core.restart", "core.stop"]),
        (".", ["core.restart", "core.stop"]),
        ("git*.l[ij]st", ["git.list", "gitea.list"]),
        ("git.[^l]*", ["git.clone"]),
        ("docker.ps, GIT.LIST", ["git.list", "docker.ps"]),
        ("git.a.list", ["git.list"]),
        ("g?t.*", ["git.list", "git.clone"]),
        ("nobody.", []),
    ],
)
def test_find(filter_, found):
    assert names(parse_playbook(TEXT).find(filter_)) == found


def test_done_actions_are_found_on_request_only():
    book = parse_playbook(TEXT)
    book.actions[0].done = True
    assert names(book.find("git.")) == ["git.clone"]
    assert names(book.find("git.", include_done=True)) == ["git.list", "git.clone"]


def test_how_many_there_must_be():
    book = parse_playbook(TEXT)
    assert (book.exists("git."), book.exists_once("git."), book.max_once("docker."), book.max_once("x.")) == (
        True, False, True, False,
    )  # fmt: skip
    assert book.get("git.clone") is book.ensure_once("git.clone") is book.actions[1]
    with pytest.raises(ParseError) as caught:
        book.get("git.")
    assert (caught.value.message, caught.value.position) == (
        "exactly one action 'git.' is expected, there are 2", (1, 1),
    )  # fmt: skip
    with pytest.raises(ParseError) as many:
        book.max_once("git.")
    assert (many.value.message, many.value.position) == ("at most one action 'git.' is expected, there are 2", (2, 1))


def test_what_is_not_done_is_listed():
    book = parse_playbook("!!a.b\n!!c.d\n!!a.e")
    book.actions[0].done = True
    book.ensure_processed("a.b")
    with pytest.raises(ParseError) as caught:
        book.empty_check()
    assert caught.value.message == "not all actions are done: c.d (line 2), a.e (line 3)"
    with pytest.raises(ParseError) as some:
        book.ensure_processed("a.")
    assert some.value.message == "not all actions are done: a.e (line 3)"


def test_filtersort_can_be_repeated():
    book = parse_playbook(TEXT)
    assert names(book.actions_sorted()) == names(book.actions)
    first = book.filtersort({2: "git.", 1: "docker.", 3: "git.clone"})
    assert names(first) == ["docker.ps", "git.list", "git.clone", "core.restart", "core.stop", "gitea.list"]
    assert names(book.actions_sorted(prio_only=True)) == ["docker.ps", "git.list", "git.clone"]
    assert names(book.filtersort({0: "core."}))[:2] == ["core.restart", "core.stop"]
    with pytest.raises(ValueError) as caught:
        book.filtersort({50: "git."})
    assert str(caught.value) == "a priority is 0 to 49, not 50"


def test_params_of_all_matches_in_one():
    book = parse_playbook("!!a.b x:1 y:1 p\n!!a.c x:2 p q")
    assert book.params_get("a.") == Params({"x": "2", "y": "1"}, ["p", "q"])
    assert book.names() == ["b", "c"]


def test_placeholders_longest_key_first():
    words = {"a": "1", "ab": "2", "@c": "3", "[d]": "4"}
    assert replace_words("@ab @a ${a} {ab} @c [d] {x} c", words) == "2 1 1 2 3 4 {x} c"
    assert parse_playbook("!!x.y k:@name", replace={"name": "z"}).actions[0].params.get("k") == "z"


def test_replace_fills_values_of_open_actions():
    book = parse_playbook("!!a.b k:{NAME} l:x,'{my-name}' m:${name}\n!!a.c k:{NAME}")
    book.actions[1].done = True
    book.replace({"Name": "n m"})
    params = book.actions[0].params
    assert (params.get_map(), params.get_list("l")) == (
        {"k": "n m", "l": "x,{my-name}", "m": "n m"}, ["x", "{my-name}"],
    )  # fmt: skip
    assert book.actions[1].params.get("k") == "{NAME}"


class Files(dict):
    def read(self, path):
        if path not in self:
            raise ParseError("NotFound", f"no file {path}", None)
        return self[path]


def test_includes_are_put_in_place_recursively_and_once():
    files = Files({
        "lib/a.hero": "!!x.a\n!!play.include path:../b.hero\n!!x.a2",
        "b.hero": "!!x.b k:{who}\n!!play.include path:lib/c.hero replace:'who:me, n:1'",
        "lib/c.hero": "!!x.c k:@who n:{n}",
    })  # fmt: skip
    text = "!!x.first\n!!play.include path:lib/a.hero\n!!play.include path:b.hero\n!!x.last"
    book = parse_playbook(text, path="main.hero", reader=files.read)
    assert names(book.actions) == ["x.first", "x.a", "x.b", "x.c", "x.a2", "x.last"]
    assert [action.id for action in book.actions] == [1, 2, 3, 4, 5, 6]
    assert book.actions[3].params.get_map() == {"k": "me", "n": "1"}
    assert book.actions[2].source.name == "b.hero"


def test_a_circle_of_includes_is_an_error_at_the_closing_one():
    files = Files({"a.hero": "!!play.include path:b.hero", "b.hero": "!!x.y\n!!play.include path:a.hero"})
    with pytest.raises(ParseError) as caught:
        parse_playbook("!!play.include path:a.hero", path="main.hero", reader=files.read)
    assert caught.value.render() == (
        "b.hero:2:1\n2: !!play.include path:a.hero\n"
        "   ^ files include each other in a circle: a.hero -> b.hero -> a.hero"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!!play.include", "play.include needs the parameter 'path'"),
        ("!!play.include pth:x", "unknown parameter 'pth' of play.include, which takes path and replace"),
        ("!!play.include path:x replace:y", "'y' is not a replacement: write name:word"),
        ("!!play.include git_url:x", "play.include reads files only: get the repository with git.clone first"),
    ],
)
def test_wrong_includes(text, message):
    with pytest.raises(ParseError) as caught:
        parse_playbook(text, reader=Files({"x": ""}).read)
    assert caught.value.message == message


def test_without_a_reader_includes_stay_actions():
    assert names(parse_playbook("!!play.include path:x").actions) == ["play.include"]


def test_a_directory_is_read_by_kind_then_by_name(tmp_path):
    (tmp_path / "sub").mkdir()
    for name, text in {
        "z.hero": "!!h.z", "a.hero": "!!h.a", "b.heroscript": "!!s.b", "sub/c.md": "# c\n\n```\n!!m.c x:1\n```\n",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text)
    book = Playbook().add_path(tmp_path)
    assert names(book.actions) == ["m.c", "h.a", "h.z", "s.b"]
    assert book.actions[0].position == (4, 1)
    assert [line.text for line in book.other_text] == ["# c", "```", "```"]


def test_markdown_images_and_prose_are_text():
    book = parse_playbook("Hello\n![alt](x.png)\n!!a.b\n```\n// tail\n")
    assert names(book.actions) == ["a.b"]
    assert [(line.position.line, line.text) for line in book.other_text] == [
        (1, "Hello"), (2, "![alt](x.png)"), (4, "```"), (5, "tail"),
    ]  # fmt: skip


def test_an_action_may_be_indented_between_continuation_lines():
    book = parse_playbook("!!a.b\n    x:1\n  !!c.d\n    y:2\n")
    assert [(a.full_name, a.params.to_dict()) for a in book.actions] == [("a.b", {"x": "1"}), ("c.d", {"y": "2"})]


def test_export_has_the_layout_of_the_reference():
    book = parse_playbook("!!app.go zone:b Env:'pre prod' name:web canary mtime:9 cid:7 note:''\n!!x.y\n!!x.done")
    book.actions[2].done = True
    assert book.export() == (
        "!!app.go canary cid:7 name:web env:'pre prod'\n        note:''\n        zone:b\n        mtime:9\n\n!!x.y\n"
    )
    assert book.export(include_done=True).endswith("\n\n!!x.done\n")


def test_export_writes_comments_and_line_breaks():
    text = "// above\n!!a.b k:v // tail\n    t:'\n    one\n      two\n    '\n    // last\n"
    action = parse_playbook(text).actions[0]
    assert action.export() == (
        "// above\n// last\n!!a.b\n        // tail\n        k:v\n        t:'\n        one\n          two\n        '"
    )
    again = parse_playbook(action.export()).actions[0]
    assert (again, again.params.values["k"].comments) == (action, ["tail"])


def test_hashes_see_content_and_neither_order_nor_comments():
    one, two = parse_playbook("// c\n!!a.b x:1 y:2"), parse_playbook("!!a.b\n  y:2\n  x:1 // d")
    assert one.hash() == two.hash() != parse_playbook("!!a.b x:1 y:3").hash()
    assert len(one.hash()) == len(one.actions[0].hash()) == 40
    assert one.actions[0].hash() != parse_playbook("!a.b x:1 y:2").actions[0].hash()


def test_parameters_can_be_changed_and_written():
    params = parse_params("b:2 a:'x y' go")
    params.add("c:3 b:4 stop")
    params.set_arg("go")
    params.delete_arg("stop")
    params.delete("a")
    assert (params.export(), params.to_json()) == ("go b:4 c:3", '{"params": {"c": "3", "b": "4"}, "args": ["go"]}')
    assert params.to_resp() == b"*4\r\n$1\r\nc\r\n$1\r\n3\r\n$1\r\nb\r\n$1\r\n4\r\n"
    assert params.equal(parse_params("go c:3 b:4"))
    assert params.hexhash() == parse_params("go  c:3\nb:4 // x").hexhash() != parse_params("c:3 b:4").hexhash()
    assert parse_params("z:0000-00-00 a:").export(skip_empty=True) == "z:0000-00-00"


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        ([], [], True),
        (["fast"], [], True),
        (["slow"], [], False),
        (["slow", "env:prod"], [], True),
        (["fast+env:p*"], [], True),
        (["fast+env:dev"], [], False),
        (["f?st"], ["env:prod"], False),
        ([], ["none:*"], True),
    ],
)
def test_filter_match(include, exclude, expected):
    assert parse_params("fast env:prod").filter_match(include, exclude) is expected


WHEN = datetime(2026, 1, 2, 3, 4)  # noqa: DTZ001 - times in Heroscript have no zone


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


class Level(enum.IntEnum):
    LOW = 3


@dataclasses.dataclass
class BackupJob:
    keep: int = 1
    active: bool = False
    label: str = ""
    tags: list[str] = dataclasses.field(default_factory=list)
    ratio: float = 0.0
    colour: Colour = Colour.RED
    level: Level = Level.LOW
    started: datetime | None = None
    note: str | None = None
    secret: Annotated[str, HeroField(skip=True)] = "none"
    state: Annotated[str, HeroField(skip_decode=True)] = "new"


def test_objects_of_the_reference_are_written_as_there():
    @dataclasses.dataclass
    class BackupJob:
        keep: int
        active: bool
        label: str

    assert encode(BackupJob(3, True, "my job")) == "!!define.backup_job active:true keep:3 label:'my job'\n"


def test_objects_come_back():
    job = BackupJob(3, True, "it's", ["a b", "c,d", "e"], 0.25, Colour.BLUE, Level.LOW, WHEN, "n")
    text = encode(dataclasses.replace(job, secret="s", state="done"))
    assert decode(text, BackupJob) == job
    assert "secret" not in text
    assert "state:done" in text
    assert decode("!!backup_job.configure keep:2 active:'' colour:BLUE started:'0000-00-00 00:00'", BackupJob) == (
        BackupJob(2, True, colour=Colour.BLUE)
    )


def test_pydantic_models_come_back_and_may_be_renamed():
    class Server(BaseModel):
        __hero_name__ = "Machine"
        host: str
        ports: list[int] = []

    text = encode(Server(host="h", ports=[80, 443]))
    assert text == "!!define.machine host:h ports:80,443\n"
    assert decode(text, Server) == Server(host="h", ports=[80, 443])


def test_what_cannot_be_written_or_read_is_named():
    @dataclasses.dataclass
    class Nested:
        inner: BackupJob

    with pytest.raises(TypeError) as nested:
        encode(Nested(BackupJob()))
    assert str(nested.value).startswith("Nested.inner has a type that Heroscript cannot write: ")
    with pytest.raises(ParseError) as wrong:
        decode("!!define.backup_job keep:many", BackupJob)
    assert wrong.value.message == "parameter 'keep': the value 'many' is not a whole number"
    with pytest.raises(ParseError) as member:
        decode("!!define.backup_job colour:green", BackupJob)
    assert member.value.message == "parameter 'colour': the value 'green' is none of RED, BLUE"
    with pytest.raises(ParseError) as none:
        decode("!!a.b", BackupJob)
    assert none.value.message == "there is no action 'define.backup_job' or 'configure.backup_job'"
    with pytest.raises(ParseError) as twice:
        decode("!!define.backup_job\n!!define.backup_job", BackupJob)
    assert twice.value.message == "there are 2 actions 'define.backup_job', one is expected"
    with pytest.raises(TypeError) as plain:
        encode(3)
    assert str(plain.value) == "int is neither a dataclass nor a pydantic model"
