"""Walking the bytes of a protobuf message before it is parsed, so that a parser takes no surprise.

A parser turns two bytes into an object of a hundred: counting the messages first bounds its memory.
"""

from __future__ import annotations

from typing import Any

from audit.errors import ModelError

MESSAGES = 500_000
FIELDS = 30_000_000
DEPTH = 60
VARINT, EIGHT, SIZED, FOUR = 0, 1, 2, 5
FIXED = {EIGHT: 8, FOUR: 4}
LONGEST = 10
TEXT = 9  # protobuf's number for a field of text
AGAIN = "export the model again"


def require_parsable(data: bytes, descriptor: Any, name: str) -> None:  # noqa: ANN401 - protobuf's Descriptor
    """Refuse a message that is cut off, nested too deeply, or of too many parts.

    Parameters
    ----------
    data : bytes
    descriptor : google.protobuf Descriptor
        Of the message: tells which fields hold messages in their turn.
    name : str
        Of the file, for messages.

    Raises
    ------
    ModelError
        If the bytes are no such message, nested deeper than 60, or of more than half a million
        messages.
    """
    waiting = [(descriptor, 0, len(data), 1)]
    messages = fields = 0
    while waiting:
        kind, place, end, depth = waiting.pop()
        known = kind.fields_by_number
        while place < end:
            tag, place = _varint(data, place, end, name)
            start, place = _skipped(data, place, end, tag & 7, name)
            fields += 1
            field = known.get(tag >> 3)
            if tag & 7 == SIZED and field is not None and field.type == TEXT:
                _require_text(data[start:place], name)
            if tag & 7 == SIZED and field is not None and field.message_type is not None:
                messages += 1
                if messages > MESSAGES:
                    break
                waiting.append((field.message_type, start, place, depth + 1))
        _require_small(messages, fields, depth, name)


def _require_small(messages: int, fields: int, depth: int, name: str) -> None:
    if depth > DEPTH:
        raise ModelError(f"{name} is nested deeper than {DEPTH} messages", AGAIN)
    if messages > MESSAGES or fields > FIELDS:
        raise ModelError(
            f"{name} holds more than {MESSAGES:,} parts (or {FIELDS:,} numbers outside tensors)",
            "audit its scores instead: predictions: {score: column}",
        )


def _skipped(data: bytes, place: int, end: int, wire: int, name: str) -> tuple[int, int]:
    """Return where the content of a field starts and ends."""
    if wire == VARINT:
        _, after = _varint(data, place, end, name)
        return place, after
    if wire == SIZED:
        length, place = _varint(data, place, end, name)
        after = place + length
    elif wire in FIXED:
        after = place + FIXED[wire]
    else:
        raise _damaged(name)
    if after > end:
        raise _damaged(name)
    return place, after


def _varint(data: bytes, place: int, end: int, name: str) -> tuple[int, int]:
    value = shift = 0
    while place < end and shift < 7 * LONGEST:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the bit that says: more follows
            return value, place
        shift += 7
    raise _damaged(name)


def _require_text(content: bytes, name: str) -> None:
    """Refuse names that are no UTF-8, which a parser would hand on as bytes."""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise _damaged(name) from error


def _damaged(name: str) -> ModelError:
    return ModelError(f"{name} is truncated, damaged or not an ONNX file", AGAIN)
