"""Edits of a YAML file that a person wrote: its comments, its order and its style stay.

The text is changed where the parser says that a value stands, and parsed again: what comes out
must be what was meant, or the edit is refused (anchors, merges and the like).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from edge.errors import BadSettings

Path = Sequence[str]
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_BY_HAND = "Edit it by hand"


def put(text: str, path: Path, value: Any) -> str:
    """The text with `value` at `path`, whose mappings are made where they are missing.

    Raises BadSettings where the file is too unusual.
    """
    wanted = _plain(_parse(text) or {})
    _inside(wanted, path[:-1])[path[-1]] = value
    return _checked(_put(text, path, value), wanted)


def drop(text: str, path: Path) -> str:
    """The text without what stands at `path`. Raises KeyError, and BadSettings as `put` does."""
    wanted = _plain(_parse(text) or {})
    del _inside(wanted, path[:-1])[path[-1]]
    return _checked(_drop(text, path), wanted)


def _inside(values: Any, path: Path) -> dict[str, Any]:
    """The mapping at a path, made where it is missing."""
    for key in path:
        if not isinstance(values, dict):
            break
        values[key] = values.get(key) or {}
        values = values[key]
    if not isinstance(values, dict):
        raise _unusual("where a mapping of keys is expected stands something else")
    return values


def _put(text: str, path: Path, value: Any) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        return text + _line_end(text) + _lines(text, path[0], _nested(path[1:], value), 0, 2)
    _mapping(root)
    node, key_node = root, None
    for depth, key in enumerate(path):
        if _is_null(node):
            return _fill(text, node, key_node, key, _nested(path[depth + 1 :], value))
        pair = _pair(_mapping(node), key)
        if pair is None:
            return _insert(text, _mapping(node), key, _nested(path[depth + 1 :], value))
        key_node, node = pair
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        raise _unusual(f"{'.'.join(path)} stands on several lines")
    gap = "" if text[node.start_mark.index - 1].isspace() else " "
    return _spliced(text, node.start_mark.index, _end(node), gap + _inline(value))


def _insert(text: str, node: yaml.MappingNode, key: str, value: Any) -> str:
    """A pair more, behind the last."""
    if not node.value:
        at = node.start_mark.index + 1
        return _spliced(text, at, at, f"{key}: {_inline(value)}")
    last_key, last = node.value[-1]
    at = _end(last) if not _is_null(last) else max(_end(last), last_key.end_mark.index + 1)
    if node.flow_style:
        quoted = last_key.style == '"'
        return _spliced(text, at, at, f", {_pair_text(key, value, quoted=quoted)}")
    column = last_key.start_mark.column
    step = 0 if column else 2  # a section's keys stand on lines of their own
    if isinstance(last, yaml.MappingNode) and not last.flow_style and last.value:
        step = last.value[0][0].start_mark.column - column
    at = _end_of_line(text, at)
    return _spliced(text, at, at, _newline(text) + _lines(text, key, value, column, step).rstrip())


def _fill(text: str, node: yaml.Node, key_node: yaml.Node | None, key: str, value: Any) -> str:
    """The first pair of a mapping that is null."""
    start, end = node.start_mark.index, node.end_mark.index
    if start != end or key_node is None:
        return _spliced(text, start, end, "{" + f"{key}: {_inline(value)}" + "}")
    at = _end_of_line(text, key_node.end_mark.index)
    column = key_node.start_mark.column + 2
    return _spliced(text, at, at, _newline(text) + _lines(text, key, value, column, 0).rstrip())


def _drop(text: str, path: Path) -> str:
    node = _mapping(yaml.compose(text, Loader=yaml.SafeLoader))
    for key in path[:-1]:
        pair = _pair(node, key)
        assert pair is not None
        node = _mapping(pair[1])
    pairs = node.value
    index = next(i for i, (key, _) in enumerate(pairs) if key.value == path[-1])
    key, value = pairs[index]
    start, end = key.start_mark.index, max(_end(value), key.end_mark.index)
    if not node.flow_style:
        first = start - key.start_mark.column
        return _spliced(text, first, _end_of_line(text, end) + len(_newline(text)), "")
    if index + 1 < len(pairs):
        end = pairs[index + 1][0].start_mark.index
    elif index:
        start = _end(pairs[index - 1][1])
    return _spliced(text, start, end, "")


def _pair(node: yaml.MappingNode, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    return next(((k, v) for k, v in node.value if k.value == key), None)


def _mapping(node: yaml.Node | None) -> yaml.MappingNode:
    if not isinstance(node, yaml.MappingNode):
        raise _unusual("where a mapping of keys is expected stands something else")
    return node


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")


def _end(node: yaml.Node) -> int:
    """Where the text of a value ends; a block's own mark is at what follows it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(node, yaml.MappingNode) else last)
    return int(node.end_mark.index)


def _nested(path: Path, value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


def _lines(text: str, key: str, value: Any, column: int, step: int) -> str:
    """A pair in block style; `step` indents what is in it, 0 keeps it on the line."""
    margin, newline = " " * column, _newline(text)
    if not step or not isinstance(value, Mapping):
        return f"{margin}{key}: {_inline(value)}{newline}"
    inner = (_lines(text, name, one, column + step, 0) for name, one in value.items())
    return f"{margin}{key}:{newline}{''.join(inner)}"


def _inline(value: Any, *, quoted: bool = False) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(_pair_text(k, v, quoted=quoted) for k, v in value.items()) + "}"
    if not quoted and isinstance(value, str) and _PLAIN.fullmatch(value):
        return value if yaml.safe_load(value) == value else json.dumps(value)
    # YAML reads every sign of JSON's but what no screen shows.
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in text)


def _pair_text(key: str, value: Any, *, quoted: bool) -> str:
    return f"{json.dumps(key) if quoted else key}: {_inline(value, quoted=quoted)}"


def _spliced(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


def _end_of_line(text: str, at: int) -> int:
    found = re.compile(r"\r?\n").search(text, at)
    return found.start() if found else len(text)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _line_end(text: str) -> str:
    return "" if not text or text.endswith("\n") else _newline(text)


def _parse(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadSettings(f"it is no YAML: {' '.join(str(error).split())}") from None


def _plain(value: Any) -> Any:
    """A copy in which nothing is shared: an alias must not follow what is set elsewhere."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _checked(text: str, wanted: Any) -> str:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        found = None
    if _bare(found) != _bare(wanted):
        raise _unusual("its form is too unusual for this command")
    return text


def _bare(value: Any) -> Any:
    """Without mappings that are empty, which may as well be missing."""
    if isinstance(value, Mapping):
        inner = {key: _bare(one) for key, one in value.items()}
        return {key: one for key, one in inner.items() if one is not None} or None
    return value


def _unusual(why: str) -> BadSettings:
    return BadSettings(f"the configuration is not changed: {why}", hint=_BY_HAND)
