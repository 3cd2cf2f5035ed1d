"""The script module `osiris`: models, queries and transactions as scripts call them.

Importing this registers every function; each says which level of the capability `osiris` it needs.
"""

from __future__ import annotations

from horus_runtime.modules.osiris.script import declaring as declaring
from horus_runtime.modules.osiris.script import reading as reading
from horus_runtime.modules.osiris.script import spaces as spaces
from horus_runtime.modules.osiris.script import writing as writing
from horus_runtime.modules.osiris.script.gate import OSIRIS as OSIRIS
