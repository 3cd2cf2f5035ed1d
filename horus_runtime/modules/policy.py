"""What a run may do to the outside: `Policy` is plain data, deny by default, and deny wins over allow.

Input: what a host, a runner or the command line grants. Output: decisions (`Decision`) that say why. Nothing here
touches the outside; `modules.host` asks before every effect, and `modules.sal.paths` turns granted roots into handles.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple

EVERYTHING: Final = "*"
"""In a list of programs, hosts, names or namespaces: all of them. For files the root `/` says the same."""

LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "git": ("off", "read", "local", "remote"),
    "docker": ("off", "inspect", "manage", "full"),
    "osiris": ("off", "read", "write", "schema"),
}
"""Capabilities that come in steps, each including the ones before it."""

LISTS: Final = ("read", "write", "run", "net", "env")
SWITCHES: Final = ("shell", "private_net", "insecure_tls", "sys", "kill_user")
CAPABILITIES: Final = frozenset({*LISTS, *LEVELS, "shell", "sys", "kill"})
"""What a host function can declare to need."""

PRESETS: Final = ("none", "readonly", "workspace", "network", "operator", "full")

SECRET_PATHS: Final = (
    "**/.git/hooks/**",
    "**/.git/config",
    "**/.ssh/**",
    "**/.gnupg/**",
    "**/.netrc",
    "**/.pgpass",
    "**/.aws/credentials",
    "**/.docker/config.json",
    "**/.config/gh/hosts.yml",
    "**/.config/horus/**",
    "**/id_rsa",
    "**/id_ed25519",
)
"""Refused on top of every grant but `allow_all`: credentials, and the files through which git starts programs."""


class Decision(NamedTuple):
    """The answer of a policy and the rule that gave it."""

    allowed: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a run may do. The default instance allows nothing with an effect outside."""

    read: tuple[str, ...] = ()
    """Directories (with all below them) or single files that may be read."""
    write: tuple[str, ...] = ()
    """The same for creating, changing, moving and deleting; it does not imply `read`."""
    deny_read: tuple[str, ...] = ()
    deny_write: tuple[str, ...] = ()
    deny_paths: tuple[str, ...] = SECRET_PATHS
    """Globs over resolved paths, refused for reading and writing whatever is granted."""
    run: tuple[str, ...] = ()
    """Programs by name, or by absolute path, perhaps with patterns for their arguments: `git log **`."""
    deny_run: tuple[str, ...] = ()
    shell: bool = False
    """Scripts handed to a shell."""
    net: tuple[str, ...] = ()
    """`host`, `host:port`, `*.domain`, or an address range such as `10.0.0.0/8`."""
    deny_net: tuple[str, ...] = ()
    private_net: bool = False
    """Loopback, private and link-local addresses."""
    insecure_tls: bool = False
    env: tuple[str, ...] = ()
    """Names of the real environment, `PREFIX_*` allowed; a job's own variables are always visible."""
    deny_env: tuple[str, ...] = ()
    git: str = "off"
    docker: str = "off"
    osiris: str = "off"
    namespaces: tuple[str, ...] = ("default",)
    """Osiris namespaces the `osiris` level holds for."""
    sys: bool = False
    """Facts about the machine: processes, platform, disk space."""
    kill_user: bool = False
    """Signals to processes that the script did not start."""
    on_denied: str = "error"
    """`error`: scripts may catch a refusal. `fatal`: it ends the run."""
    prepared: dict[str, Any] = field(init=False, repr=False, compare=False, default_factory=dict)
    """Roots, denied places and the glob matcher, made when they are first asked for."""

    def __post_init__(self) -> None:
        for name in FIELDS:
            object.__setattr__(self, name, _checked(name, getattr(self, name)))

    def __reduce__(self) -> Any:
        return Policy.from_dict, (self.to_dict(),)

    # --- building ----------------------------------------------------------------------------------------------------

    @classmethod
    def deny_all(cls) -> Policy:
        """Pure computation: no effect on the outside at all."""
        return cls()

    @classmethod
    def allow_all(cls) -> Policy:
        """Everything: for your own scripts on your own machine."""
        root = (os.sep,)
        everything = (EVERYTHING,)
        return cls(  # noqa: S604 - `shell` is a grant here, not a call of a shell
            read=root,
            write=root,
            deny_paths=(),
            run=everything,
            shell=True,
            net=everything,
            private_net=True,
            insecure_tls=True,
            env=everything,
            git="remote",
            docker="full",
            osiris="schema",
            namespaces=everything,
            sys=True,
            kill_user=True,
        )

    @classmethod
    def readonly(cls, *roots: str) -> Policy:
        """Reports and checks: read below the roots, inspect repositories and the model store."""
        return cls(read=roots, git="read", osiris="read", sys=True)

    @classmethod
    def workspace(cls, *roots: str) -> Policy:
        """What the SAL and Osiris runners use: files below the roots and in the temporary directory, local git."""
        places = tuple(dict.fromkeys((*roots, *temporary_roots())))
        return cls(read=places, write=places, git="local", osiris="schema", sys=True)

    @classmethod
    def hero(cls, *roots: str) -> Policy:
        """What the Hero runner uses: the workspace, and a look at the containers."""
        return replace(cls.workspace(*roots), docker="inspect")

    @classmethod
    def preset(cls, name: str, *roots: str) -> Policy:
        """One of the named policies over these directories: none, readonly, workspace, network, operator, full.

        `network` and `operator` are the workspace for those who add hosts and programs: the first may use remote
        repositories of the hosts that are granted, the second also manage its own containers.
        """
        if name not in PRESETS:
            raise ValueError(f"a preset is one of {', '.join(PRESETS)}, not '{name}'")
        match name:
            case "none":
                return cls()
            case "readonly":
                return cls.readonly(*roots)
            case "full":
                return cls.allow_all()
        workspace = cls.workspace(*roots)
        if name == "workspace":
            return workspace
        return replace(workspace, git="remote", docker="manage" if name == "operator" else "off")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Policy:
        """A policy from TOML or JSON data; unknown names and ill-typed values raise `ValueError`."""
        for name in data:
            if name not in FIELDS:
                raise ValueError(f"unknown policy field '{name}'; fields are {', '.join(sorted(FIELDS))}")
        return cls(**data)

    def to_dict(self) -> dict[str, Any]:
        """The policy as plain data; `from_dict` gives it back."""
        data = {name: getattr(self, name) for name in FIELDS}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in data.items()}

    def grant(self, **more: Any) -> Policy:
        """A wider policy, for hosts that build one up step by step: lists are added to, levels and switches set."""
        changes = {
            name: getattr(self, name) + _checked(name, value) if isinstance(getattr(self, name, None), tuple) else value
            for name, value in more.items()
        }
        return replace(self, **changes)

    def narrow(self, other: Policy) -> Policy:
        """What both policies allow. The result is never wider than either, so a job can only ask for less."""
        changes: dict[str, Any] = {}
        for name in FIELDS:
            mine, theirs = getattr(self, name), getattr(other, name)
            if name.startswith("deny_"):
                changes[name] = tuple(dict.fromkeys((*mine, *theirs)))
            elif name in {"read", "write"}:
                changes[name] = _common_roots(mine, theirs)
            elif name in LEVELS:
                changes[name] = min(mine, theirs, key=LEVELS[name].index)
            elif isinstance(mine, bool):
                changes[name] = mine and theirs
            elif name == "run":
                from horus_runtime.modules.programs import common_rules

                changes[name] = common_rules(mine, theirs)
            elif name == "namespaces":
                changes[name] = _common_names(mine, theirs)
            elif name == "on_denied":
                changes[name] = "fatal" if "fatal" in {mine, theirs} else "error"
            else:
                changes[name] = _common_items(mine, theirs)
        return Policy(**changes)

    # --- asking ------------------------------------------------------------------------------------------------------

    def grants_any(self, capability: str) -> bool:
        """True when the capability is granted for anything at all."""
        if capability in LEVELS:
            return bool(getattr(self, capability) != "off")
        if capability == "kill":
            return self.kill_user or bool(self.run)
        return bool(getattr(self, capability))

    def level(self, capability: str, needed: str) -> Decision:
        """Whether the granted step of `git`, `docker` or `osiris` includes the needed one."""
        steps = LEVELS[capability]
        granted = getattr(self, capability)
        return Decision(steps.index(granted) >= steps.index(needed), f"{capability}={granted}")

    def program(self, name: str, path: str | None = None, arguments: Sequence[str] | None = None) -> Decision:
        """Whether the program may be started; `path` is where the name was found.

        Without `arguments` the question is whether it may be started at all: then rules with argument patterns allow,
        and deny nothing.
        """
        from horus_runtime.modules.programs import rule_matches

        names = {name, *([path] if path else [])}
        for rule in self.deny_run:
            if rule_matches(rule, names, arguments, partly=False):
                return Decision(False, f"deny_run={rule}")
        for rule in self.run:
            if rule_matches(rule, names, arguments, partly=True):
                return Decision(True, f"run={rule}")
        return Decision(False, "")

    def variable(self, name: str) -> Decision:
        """Whether this name of the real environment may be read."""
        return _listed("env", self.env, self.deny_env, lambda rule: fnmatchcase(name, rule))

    def namespace(self, name: str) -> Decision:
        """Whether the `osiris` level holds for this namespace."""
        return _listed("namespaces", self.namespaces, (), lambda rule: rule in {EVERYTHING, name})

    def host(self, name: str, port: int, addresses: Iterable[str] = ()) -> Decision:
        """Whether the host may be reached at this port; deny rules also see the addresses of the name."""
        from horus_runtime.modules.addresses import rule_matches

        known = tuple(addresses)
        return _listed("net", self.net, self.deny_net, lambda rule: rule_matches(rule, name, port, known))

    def path(self, access: str, resolved: str) -> Decision:
        """Whether a rule speaks against this resolved path; roots were matched while walking to it."""
        denied = self.prepared.get(_DENIED[access])
        if denied is None:
            denied = self.prepared[_DENIED[access]] = _denied_roots(self, access)
        if denied:
            parts = split_path(resolved)
            for rule, root in denied:
                if _below(parts, root):
                    return Decision(False, f"deny_{access}={rule}")
        if self.deny_paths:
            matches = self.prepared.get("globs")
            if matches is None:
                matches = self.prepared["globs"] = _glob_matcher(self.deny_paths)
            if matches(resolved):
                return _DENIED_PATH
        return _GRANTED[access]


FIELDS: Final = tuple(item.name for item in fields(Policy) if item.init)
"""The names of all that a policy says."""
_DENIED: Final = {access: f"deny {access}" for access in ("read", "write")}
_DENIED_PATH: Final = Decision(False, "deny_paths")
_GRANTED: Final = {access: Decision(True, access) for access in ("read", "write")}


class Root(NamedTuple):
    """A granted directory or file: the parts of a spelling under which scripts may name it, and the real path."""

    parts: tuple[str, ...]
    real: str


def roots(policy: Policy, access: str) -> tuple[Root, ...]:
    """The granted roots in all their spellings, deepest first, so that the closest one answers."""
    found: tuple[Root, ...] | None = policy.prepared.get(access)
    if found is None:
        found = policy.prepared[access] = _find_roots(policy, access)
    return found


def _find_roots(policy: Policy, access: str) -> tuple[Root, ...]:
    found: dict[tuple[str, ...], Root] = {}
    for written in policy.read if access == "read" else policy.write:
        absolute = os.path.abspath(written)  # noqa: PTH100 - links are kept: this is one of the spellings
        real = os.path.realpath(absolute)
        for spelling in (absolute, real):
            parts = split_path(spelling)
            found.setdefault(parts, Root(parts, real))
    return tuple(sorted(found.values(), key=lambda root: len(root.parts), reverse=True))


def _denied_roots(policy: Policy, access: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    rules = policy.deny_read if access == "read" else policy.deny_write
    return tuple((rule, split_path(os.path.realpath(rule))) for rule in rules)


def root_of(policy: Policy, access: str, parts: tuple[str, ...]) -> Root | None:
    """The closest granted root whose parts begin the path. Parts, not text: `/srv/a` does not contain `/srv/ab`."""
    for root in roots(policy, access):
        if parts[: len(root.parts)] == root.parts:
            return root
    return None


def split_path(path: str) -> tuple[str, ...]:
    """The parts of an absolute path, without empty ones and `.`; `..` stays, since links give it its meaning."""
    if "/" not in path:
        return (path,) if path not in {"", "."} else ()
    return tuple([part for part in path.split("/") if part and part != "."])


def temporary_roots() -> tuple[str, ...]:
    """Where scripts may put temporary files: the system's place, and `/tmp` under its own name."""
    import tempfile

    candidates = dict.fromkeys((tempfile.gettempdir(), "/tmp"))  # noqa: S108 - named in payloads, granted on purpose
    return tuple(place for place in candidates if os.path.isdir(place))  # noqa: PTH112 - pathlib costs start-up


def _checked(name: str, value: Any) -> Any:
    """The value of a policy field in its stored form, or an error that names the field."""
    if name in LEVELS:
        if value not in LEVELS[name]:
            raise ValueError(f"policy field '{name}' is one of {', '.join(LEVELS[name])}, not {value!r}")
        return value
    if name == "on_denied":
        if value not in {"error", "fatal"}:
            raise ValueError(f"policy field 'on_denied' is error or fatal, not {value!r}")
        return value
    if name in SWITCHES:
        if not isinstance(value, bool):
            raise ValueError(f"policy field '{name}' is true or false, not {value!r}")
        return value
    items = tuple(value) if isinstance(value, (list, tuple, set, frozenset)) else None
    if items is not None and name in {"run", "deny_run"}:
        from horus_runtime.modules.programs import rule_text

        items = tuple(rule_text(name, item) for item in items)
    if items is None or not all(isinstance(item, (str, os.PathLike)) and os.fspath(item) for item in items):
        raise ValueError(f"policy field '{name}' is a list of texts, not {value!r}")
    return tuple(os.fspath(item) for item in items)


def _listed(name: str, allow: tuple[str, ...], deny: tuple[str, ...], matches: Any) -> Decision:
    """Deny rules first, so that a global allow never overrules one of them."""
    for rule in deny:
        if matches(rule):
            return Decision(False, f"deny_{name}={rule}")
    for rule in allow:
        if matches(rule):
            return Decision(True, f"{name}={rule}")
    return Decision(False, "")


def _below(parts: tuple[str, ...], root: tuple[str, ...]) -> bool:
    return parts[: len(root)] == root


def _common_roots(mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    """Of every nested pair the inner one."""
    common: dict[str, None] = {}
    for one in mine:
        for two in theirs:
            first, second = split_path(os.path.realpath(one)), split_path(os.path.realpath(two))
            if _below(first, second):
                common[one] = None
            elif _below(second, first):
                common[two] = None
    return tuple(common)


def _common_names(mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    """Names in both lists; a name is no pattern, only `*` stands for all."""
    if EVERYTHING in mine or EVERYTHING in theirs:
        return theirs if EVERYTHING in mine else mine
    return tuple(name for name in mine if name in theirs)


def _common_items(mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    """Rules in both lists, and rules of one list that a pattern of the other covers."""
    common: dict[str, None] = {}
    for one, two in ((one, two) for one in mine for two in theirs):
        if one == two or (EVERYTHING in two and fnmatchcase(one, two)):
            common[one] = None
        elif EVERYTHING in one and fnmatchcase(two, one):
            common[two] = None
    return tuple(common)


def _glob_matcher(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """One test for all globs: `**` crosses directories, `*` and `?` stay inside one.

    Most rules say "anywhere": these become one search for what follows a slash, which is fast on ordinary paths.
    """
    import re

    anywhere = [_glob_regex(glob[3:]) for glob in globs if glob.startswith("**/")]
    whole = [_glob_regex(glob) for glob in globs if not glob.startswith("**/")]
    tail = re.compile(f"(?:^|/)(?:{'|'.join(anywhere)})\\Z").search if anywhere else None
    full = re.compile("|".join(f"(?:{regex})" for regex in whole)).fullmatch if whole else None
    return lambda path: (tail is not None and tail(path) is not None) or (full is not None and full(path) is not None)


def _glob_regex(glob: str) -> str:
    import re

    pieces: list[str] = []
    at = 0
    while at < len(glob):
        if glob.startswith("**/", at):
            pieces.append("(?:.*/)?")
            at += 3
        elif glob.startswith("**", at):
            pieces.append(".*")
            at += 2
        else:
            pieces.append({"*": "[^/]*", "?": "[^/]"}.get(glob[at], re.escape(glob[at])))
            at += 1
    return "".join(pieces)
