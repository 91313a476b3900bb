"""Prints when packets with something in them leave for a TCP port of this machine: nanoseconds since 1970 by the
kernel's clock, the port they come from, and how many bytes. Needs root. Ends with its standard input."""
import socket
import struct
import sys
import threading

ETH_P_ALL = 3
SO_TIMESTAMPNS = 35
PACKET_OUTGOING = 4


def main():
    port = int(sys.argv[1])
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
    s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    s.bind(("lo", ETH_P_ALL))
    print("ready", flush=True)

    def watch():
        while True:
            data, said, _, address = s.recvmsg(128, 64)
            if address[2] != PACKET_OUTGOING or len(data) < 40 or data[0] >> 4 != 4 or data[9] != 6:
                continue
            head = (data[0] & 15) * 4
            source, to = struct.unpack_from("!HH", data, head)
            size = struct.unpack_from("!H", data, 2)[0] - head - (data[head + 12] >> 4) * 4
            if to != port or size <= 0:
                continue
            for level, kind, value in said:
                if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                    sec, nsec = struct.unpack("qq", value[:16])
                    print(sec * 1000000000 + nsec, source, size, flush=True)

    threading.Thread(target=watch, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    sys.exit(main())
