"""Drives a program on a terminal and prints how long keys take to be seen, and what that costs."""
import argparse
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

MARK = re.compile(rb"\x1b\]7777;drover;idle;(\d+)\x07")
LETTERS = "ЖЯШЩЮЭЫЦЧЁ"  # nothing else on the screen has them


def come_first(pid="self"):
    """Before the hosts, which are other machines but here: each session has a share of its own
    (autogroups of sched(7)), a thousand of theirs beside this one."""
    try:
        with open(f"/proc/{pid}/autogroup", "w") as f:
            f.write("-20")
    except OSError:
        pass


class Terminal:
    def __init__(self, argv, rows, cols):
        self.begun = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            come_first()
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8", DROVER_TEST="1")
            os.execvp(argv[0], argv)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        self.data = b""

    def feed(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], max(seconds, 0))
        if not ready:
            return False
        try:
            self.data += os.read(self.fd, 1 << 16)
        except OSError:
            return False
        return True

    def until(self, what, since, seconds):
        """Milliseconds until the bytes are there, from `since` bytes on; None at the deadline."""
        start = time.perf_counter()
        while what not in self.data[since:]:
            if time.perf_counter() - start > seconds:
                return None
            self.feed(0.1)
        return (time.perf_counter() - start) * 1000

    def watch(self, seconds):
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.feed(end - time.perf_counter())

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        while self.feed(1):
            pass
        os.waitpid(self.pid, 0)


def family(pid):
    """The process and all below it."""
    below = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as f:
                    below.setdefault(int(f.read().rsplit(")", 1)[1].split()[1]), []).append(int(name))
            except OSError:
                pass
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += below.get(found[-1], [])
    return found


def memory_mib(pid):
    total = 0
    for p in family(pid):
        try:
            with open(f"/proc/{p}/smaps_rollup") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        except OSError:
            pass
    return total / 1024


def cpu_seconds(pid):
    total = 0
    for p in family(pid):
        try:
            with open(f"/proc/{p}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return total / os.sysconf("SC_CLK_TCK")


def row(name, text):
    print(f"  {name:<44} {text}", flush=True)


def spread(times):
    times = sorted(t for t in times if t is not None)
    if not times:
        return "not measured"
    at = lambda part: times[min(len(times) - 1, int(len(times) * part))]
    return f"p50 {at(0.5):7.2f} ms   p99 {at(0.99):7.2f} ms   worst {times[-1]:7.2f} ms   n {len(times)}"


def keys(t, count):
    """Letters typed into a line: from the key's byte to the letter's."""
    times = []
    for i in range(count):
        letter = LETTERS[i % len(LETTERS)]
        if i % 40 == 39:
            t.type("\x15")
        t.watch(0.017 * (1 + i % 3))
        since = len(t.data)
        t.type(letter)
        times.append(t.until(letter.encode(), since, 5))
    return times


def load(t, name, seconds):
    since, cpu, begun = len(t.data), cpu_seconds(t.pid), time.perf_counter()
    t.watch(seconds)
    spent, part = time.perf_counter() - begun, t.data[since:]
    frames = len(MARK.findall(part))
    size = len(MARK.sub(b"", part))
    row(f"{name}: frames", f"{frames / spent:7.1f} /s   {size / max(frames, 1):7.0f} B each   {size / spent:7.0f} B/s")
    row(f"{name}: CPU of a core", f"{(cpu_seconds(t.pid) - cpu) / spent * 100:7.1f} %")


def lines_held(t):
    """How many lines the screen of logs says it holds, painted anew for it."""
    since = len(t.data)
    t.type("\x0c")
    t.watch(0.3)
    said = re.findall(rb"([0-9][0-9,]*) lines", t.data[since:])
    return int(said[-1].replace(b",", b"")) if said else None


def console(argv, hosts):
    t = Terminal(argv, 30, 100)
    first = t.until(b"[1 Fleet]", 0, 30)
    row("first paint", f"{first:8.2f} ms" if first else "never")
    since = len(t.data)
    t.watch(min(60, 10 + hosts / 50))
    load(t, f"Fleet, {hosts} hosts asked", 10)
    row(f"Fleet, {hosts} hosts asked: memory", f"{memory_mib(t.pid):7.1f} MiB")
    t.type("P")
    t.watch(0.5)
    row(f"Fleet, {hosts} hosts asked: key to bytes", spread(keys(t, 200)))
    t.type("\x1b")
    t.watch(0.3)
    t.type("Z")
    t.watch(2)
    sizes = []
    for i in range(20):
        since = len(t.data)
        t.type("jk"[i % 2])
        t.watch(0.1)
        sizes.append(len(MARK.sub(b"", t.data[since:])))
    row("a move of the cursor", f"{sorted(sizes)[len(sizes) // 2]:7d} B   worst {max(sizes)} B")
    t.type("Z:logs @talk\r")
    t.watch(5)
    before, begun = lines_held(t), time.perf_counter()
    load(t, "Logs, 10000 lines/s", 10)
    after, spent = lines_held(t), time.perf_counter() - begun
    if before is not None and after is not None:
        row("Logs: lines a second that came", f"{(after - before) / spent:8.0f}")
    t.type("/")
    t.watch(0.5)
    row("Logs, 10000 lines/s: key to bytes", spread(keys(t, 200)))
    row("Logs: memory", f"{memory_mib(t.pid):7.1f} MiB")
    t.end()


def peer(name):
    argv, times = {"tig": ["tig", "--all"]}.get(name, [name]), []
    t = Terminal(argv, 30, 100)
    t.watch(2)
    for i in range(100):
        t.watch(0.03)
        since, begun = len(t.data), time.perf_counter()
        t.type("\x1b[B" if i % 2 == 0 else "\x1b[A")
        while len(t.data) == since and time.perf_counter() - begun < 2:
            t.feed(0.1)
        times.append((time.perf_counter() - begun) * 1000)
    row(f"{name}: key to any bytes", spread(times))
    t.end()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--hosts", type=int, default=0)
    p.add_argument("--peer")
    p.add_argument("argv", nargs="*")
    a = p.parse_args()
    come_first()
    if a.peer:
        peer(a.peer)
    else:
        console(a.argv, a.hosts)


if __name__ == "__main__":
    sys.exit(main())
