# ruff: noqa: E501 - alternatives of one kind stand in rows

"""Random programs about copying and sharing: nested containers travel through variables, calls, closures and loops.

Everything is printed at the end, so that one copy too few (or one change too many) shows.
"""

from __future__ import annotations

import random

_PRELUDE = """\
fn same(x) { x }
fn change(x) { x.push(90); x }
fn nested(x) { x[0] = 91; x[1].push(92); x }
fn swap(x, y) { let t = x; x = y; y = t; y.push(93); [x, y] }
fn keep(x) { let y = x; y.push(94); [x, y] }
fn pick(x, c) { if c { return x; } let z = x; z.push(95); z }
fn grow() { this.push(96); this }
fn inner() { this[1].push(97); }
fn mapped() { this.k.push(98); this.n = [this.k]; this }
fn local() { let p = [1]; let q = [p, p]; q[0].push(2); p.push(3); [p, q] }
fn loops(x) { let r = []; for v in x { if type_of(v) == "array" { v.push(0); } r.push(v); } [x, r] }
fn lend(x) { let p = x[1]; let q = p; x.push(q); x[1].push(80); let r = x[1]; x = [r]; [p, q, r, x] }
fn lent(x) { let r = []; for v in x { let w = v; r.push(w); if type_of(r[-1]) == "array" { r[-1].push(81); } } [r, x] }
fn seen(x) { let p = x[1]; let n = p.len(); x[1].push(82); let y = x; y.pop(); [n, y, x] }
fn rec(x, n) { if n == 0 { x } else { x.push(n); rec(x, n - 1) } }"""

_ARRAYS = ("a", "b", "c")
_MAPS = ("m", "o")


class AliasingGenerator:
    """One program per instance."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._serial = 0

    def program(self) -> str:
        body = [
            _PRELUDE,
            "let a = [1, [2, 3]]; let b = [4, [5], #{k: [6]}]; let c = [[7], [8]];",
            "let m = #{k: [1], n: [2, [3]]}; let o = #{k: a, p: #{k: b}};",
            *(self._statement(2) for _ in range(self._random.randint(3, 10))),
            "print(a); print(b); print(c); print(m); print(o);",
        ]
        return "\n".join(body)

    def _pick(self, *options: str) -> str:
        return self._random.choice(options)

    def _array(self) -> str:
        """An expression that should give an array of at least two elements, the second of them an array."""
        name = self._pick(*_ARRAYS)
        return self._pick(
            name, name, name, f"same({name})", f"({name})", f"[0, {name}]", f"{name} + [9]", f"[{name}, {name}]",
            f"if true {{ {name} }} else {{ [] }}", f"{{ {name} }}", f"switch 1 {{ 1 => {name}, _ => [] }}", f"{name} ?? []",
            f"loop {{ break {name}; }}", f"(|| {name}).call()", f"(|v| v).call({name})", f"(|v| {{ v.push(1); v }}).call({name})",
            f"change({name})", f"nested({name})", f"keep({name})", f"swap({name}, {self._pick(*_ARRAYS)})", f"pick({name}, {self._pick('true', 'false')})",
            f"rec({name}, 2)", f"loops({name})", f"lend({name})", f"lent({name})", f"seen({name})", f"[0, {self._pick(*_MAPS)}.k]", f"{name}.extract(0, 2)", f"{name}.map(|v| v)",
            f"{name}.filter(|v| true)", f"[{name}[0], {name}[1]]", "local()", f"#{{z: {name}}}.z", f"[[], {name}][1]",
            f'Fn("same").call({name})', f'Fn("change").curry({name}).call()', f"{name}.grow()", f"[0, {self._pick(*_MAPS)}.values()]",
        )  # fmt: skip

    def _target(self) -> str:
        name = self._pick(*_ARRAYS)
        return self._pick(
            name, name, f"{name}[0]", f"{name}[1]", f"{self._pick(*_MAPS)}.k", f'{self._pick(*_MAPS)}["n"]', "o.p.k"
        )

    def _change(self) -> str:
        """Changes one place in one variable."""
        target = self._target()
        number = str(self._random.randint(10, 99))
        return self._pick(
            f"{target}.push({number});", f"{target}[0] = {number};", f"{target} += {number};", f"{target}.insert(0, {number});",
            f"{target}.pop();", f"{target}.reverse();", f"{target}[1].push({number});", f"{target}[0] += {number};", f"{target}.clear();",
            f"push({target}, {number});", f"{target}.grow();", f"{target}.inner();", f"{self._pick(*_MAPS)}.mapped();",
            f"{target}.for_each(|| {{ this = {number}; }});", f"{target}.retain(|v| v != 1);", f"{target}.append([{number}]);",
        )  # fmt: skip

    def _statement(self, depth: int) -> str:
        name, array, target = self._pick(*_ARRAYS), self._array(), self._target()
        self._serial += 1
        fresh = f"v{self._serial}"
        other = self._pick(*_ARRAYS)
        kinds = [
            self._change(), self._change(), f"{name} = {array};", f"{target} = {array};", f"{name}.push({array});",
            f"let {fresh} = {array}; {fresh}.push(50); print({fresh});", f"let {fresh} = {other}; {self._change()} print({fresh});",
            f"{self._pick(*_MAPS)}.k = {array};", f"o.p = m; {self._change()}", f"m = o; {self._change()}",
            f"let {fresh} = {other}; {name} = {fresh}; {fresh}.push(51); print({fresh});",
            f"let {fresh} = || {name}.push(60); {fresh}.call(); {self._change()} {fresh}.call(); print({name});",
            f"let {fresh} = |v| {{ v.push(61); {name} = v; v }}; let {fresh}r = {fresh}.call({other}); {fresh}r.push(62); print({fresh}r);",
            f"let {fresh} = || {name}; let {fresh}r = {fresh}.call(); {fresh}r.push(63); print([{fresh}r, {name}]);",
            f"const {fresh} = {array}; let {fresh}d = {fresh}; {fresh}d.push(52); print({fresh});",
            f"let {fresh} = #{{s: {name}, get: || this.s}}; let {fresh}g = {fresh}.get(); {fresh}g.push(53); print({fresh}.s);",
            f"{array};", f"print({array});", f"let {fresh} = {name}.pop(); print({fresh});", f"let {fresh} = take({name}); {name} = [0, [1]]; print({fresh});",
            f"let {fresh} = `${{{name}}}`; {self._change()} print({fresh});", f"{name} = {name};", f"{name} = [{name}, {name}];", f"{name} += {name};",
        ]  # fmt: skip
        if depth:
            kinds += [
                f"{{ let {fresh} = {target}; {self._statement(depth - 1)} let {fresh}w = {fresh}; {self._change()} print({fresh}); print({fresh}w); }}",
                f"{{ let {fresh} = {target}; let {fresh}r = [{fresh}]; {self._change()} {fresh}r[0].push(72); print({fresh}r); {self._change()} }}",
                f"if true {{ let {fresh} = {target}[1]; print({fresh}); {self._change()} {name} = {array}; }}",
                f"while true {{ let {fresh} = {target}; {name} = {array}; {self._change()} print({fresh}); break; }}",
                f"{{ let {fresh} = {target}; let {fresh}n = {fresh}.len() + {{ {self._change()} 1 }}; print({fresh}n); }}",
                f"for v in {target} {{ let {fresh} = v; {self._statement(depth - 1)} print({fresh}); }}",
                f'for v in {target} {{ if type_of(v) == "array" {{ let {fresh} = v[1]; print({fresh}); }} {self._change()} }}',
                f"{{ let {fresh} = {target}; for v in {fresh} {{ print(v); {self._change()} }} }}",
                f"{{ let {fresh} = {target}; let {fresh}f = || {name}.push(73); {fresh}f.call(); print({fresh}); {self._change()} }}",
                f"for v in {array} {{ {self._statement(depth - 1)} print(v); }}",
                f'for v in {name} {{ if type_of(v) == "array" {{ v.push(70); {name}.push(v); }} else {{ break; }} }}',
                f"for (v, i) in [{name}, {other}] {{ v.push(i); {other} = v; }}",
                f"{{ let {name} = {array}; {self._statement(depth - 1)} {self._change()} print({name}); }}",
                f"if {name}.len() > 2 {{ {self._statement(depth - 1)} }} else {{ {self._statement(depth - 1)} }}",
                f"let {fresh} = 0; while {fresh} < 2 {{ {fresh} += 1; let w = {array}; {self._statement(depth - 1)} w.push({fresh}); print(w); }}",
                f"try {{ {self._statement(depth - 1)} throw {name}; }} catch (e) {{ e.push(71); print(e); {self._change()} }}",
            ]
        text = self._random.choice(kinds)
        return text if text.startswith(("let", "const")) else f"try {{ {text} }} catch (err) {{ print(err); }}"
