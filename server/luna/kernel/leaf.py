"""The hash that an event contributes to the Merkle tree over the log."""

from hashlib import sha256

from luna.kernel.events import Event


def leaf_hash(event: Event) -> bytes:
    """Return the RFC 6962 leaf hash of *event*, computed from everything else in it."""
    return leaf_of(
        event.position,
        event.stream,
        event.stream_version,
        event.event_id,
        event.type,
        event.source,
        event.time_ns,
        event.correlation_id,
        event.causation_id,
        event.trace_id,
        event.schema_version,
        sha256(event.payload).digest(),
    )


def leaf_of(  # noqa: PLR0917  called once an event: keywords would cost as much as a hash
    position: int,
    stream: str,
    stream_version: int,
    event_id: str,
    type: str,
    source: str,
    time_ns: int,
    correlation_id: str,
    causation_id: str,
    trace_id: str,
    schema_version: int,
    payload_hash: bytes,
) -> bytes:
    """Return ``sha256(0x00 || header || payload_hash)``, the hash of a leaf by RFC 6962.

    The header is UTF-8 text. It begins with eleven fields, each followed by
    one space: position, stream_version, event_id, time_ns, schema_version,
    then the lengths in bytes of stream, type, source, correlation_id,
    causation_id and trace_id. These six texts follow in that order without
    anything between them. Numbers are decimal. ``payload_hash`` is the SHA-256
    of the payload, so that a proof outlives the payload.
    """
    header = (
        f"\0{position} {stream_version} {event_id} {time_ns} {schema_version}"
        f" {len(stream)} {len(type)} {len(source)} {len(correlation_id)} {len(causation_id)} {len(trace_id)}"
        f" {stream}{type}{source}{correlation_id}{causation_id}{trace_id}"
    )
    if not header.isascii():  # then the lengths in bytes are others
        texts = (stream, type, source, correlation_id, causation_id, trace_id)
        lengths = " ".join(str(len(text.encode())) for text in texts)
        header = f"\0{position} {stream_version} {event_id} {time_ns} {schema_version} {lengths} {''.join(texts)}"
    return sha256(header.encode() + payload_hash).digest()
