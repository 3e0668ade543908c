"""Frames of HTTP/2 by hand (RFC 9113), with fields that no table keeps (RFC 7541)."""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
PROTOCOL_ERROR, REFUSED_STREAM, ENHANCE_YOUR_CALM = 1, 7, 11
GET = b"\x82\x84\x86\x41\x01a"  # GET / http, :authority a


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def literal(name, value):
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def first_frame(answers, wanted):
    """What the next frame of that kind holds."""
    while True:
        header = answers.read(9)
        payload = answers.read(int.from_bytes(header[:3], "big"))
        if header[3] == wanted:
            return payload
