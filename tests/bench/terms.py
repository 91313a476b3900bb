"""Terminals of many hosts in drover, and in tmux with synchronize-panes: how far apart one key leaves for all,
frames while all scroll, and memory."""
import argparse
import collections
import os
import re
import shlex
import subprocess
import sys
import threading
import time

import console

ROWS, COLS = 48, 180  # 16 panes of 9 lines by 44 columns
TMUX_ROWS, TMUX_COLS = 96, 360
LINES = 5000
FRAME = b"\x1b[?2026l"
COMMAND = "\x1d"


class Wire:
    """What leaves for the farm's port, by the kernel's clock."""

    def __init__(self, command):
        self.seen = []
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.child.stdout.readline() != "ready\n":
            sys.exit("terms: packets cannot be watched")
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            when, port, size = map(int, line.split())
            self.seen.append((when, port, size))

    def first_of_each(self, since, until):
        """When the first packet of each connection left within this time, of the size that most of them have:
        hosts are asked for other things too."""
        part = [(when, port, size) for when, port, size in self.seen if since <= when < until]
        sizes = collections.Counter(size for _, _, size in part).most_common(1)
        first = {}
        for when, port, size in part:
            if size == sizes[0][0]:
                first.setdefault(port, when)
        return sorted(first.values())

    def end(self):
        self.child.stdin.close()
        self.child.wait()


def sessions(log):
    with open(log, errors="replace") as f:
        return sum("Starting session: shell" in line for line in f)


def wait_until(t, what, seconds):
    """Feeds the terminal until the condition holds."""
    end = time.perf_counter() + seconds
    while not what():
        if time.perf_counter() > end:
            return False
        t.watch(0.05)
    return True


def quantile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def skew(t, wire, panes, count):
    """Letters typed one by one: milliseconds from the first to the last connection, and from the key to the last."""
    typed, apart, late, short = [], [], [], 0
    for i in range(count):
        if i % 20 == 19:
            t.type("\x15")
            t.watch(0.3)
        typed.append(time.time_ns())
        t.type("a")
        t.watch(0.4)
        typed.append(time.time_ns())
    t.type("\x15")
    t.watch(0.5)
    for since, until in zip(typed[::2], typed[1::2]):
        left = wire.first_of_each(since, until)
        if len(left) < panes:
            short += 1
            continue
        apart.append((left[-1] - left[0]) / 1e6)
        late.append((left[-1] - since) / 1e6)
    return apart, late, short


def say_skew(name, got, base=None):
    apart, late, short = got
    if not apart:
        console.row(f"{name}: one key to all", f"not measured: {short} keys did not reach all in 0.4 s")
        return
    ratio = f"   {quantile(apart, 0.5) / quantile(base[0], 0.5):5.1f}x" if base and base[0] else ""
    console.row(f"{name}: first to last host", console.spread(apart) + ratio)
    console.row(f"{name}: key to the last host's packet", console.spread(late)
                + (f"   {short} keys did not reach all in 0.4 s" if short else ""))


def settled(t, pids):
    """Memory once it does not change any more, in MiB."""
    last = 0
    for _ in range(60):
        t.watch(1)
        now = sum(console.memory_mib(pid) for pid in pids)
        if abs(now - last) < 0.003 * now:
            break
        last = now
    return now


def fill(t, a):
    """A scrollback of LINES lines on each; False if some host never got so far."""
    done = os.path.join(a.home, "done")
    for name in os.listdir(done):
        os.unlink(os.path.join(done, name))
    t.type(f"{a.home}/bin/fill\r")
    return wait_until(t, lambda: len(os.listdir(done)) >= a.panes, 120)


class Drover:
    def __init__(self, a, hosts):
        before = sessions(a.log)
        self.t = console.Terminal(a.argv + ["ssh", f"127.9.1.[1-{hosts}]"], ROWS, COLS)
        self.t.type("\x1b[?2026;2$y")
        self.up = wait_until(self.t, lambda: sessions(a.log) - before >= hosts, 120)
        self.t.watch(1)

    def to_all(self, hosts):
        self.t.type(COMMAND + "b" + COMMAND + "b")
        return self.t.until(f"BROADCAST to {hosts} of {hosts}".encode(), 0, 20) is not None


def scrolling(a, wire):
    """As many panes as the screen shows, all of them scrolling."""
    d = Drover(a, 16)
    t = d.t
    if not d.up or not d.to_all(16):
        console.row("16 panes", "they did not open")
        t.end()
        return
    t.type(f"{a.home}/bin/scroll\r")
    t.watch(5)

    def lines():
        said = [int(n) for n in re.findall(rb" n=([0-9]+)", t.data[-200000:])]
        return max(said) if said else 0

    since, cpu, begun, first = len(t.data), console.cpu_seconds(t.pid), time.perf_counter(), lines()
    t.watch(a.seconds)
    spent, part = time.perf_counter() - begun, t.data[since:]
    frames = part.count(FRAME)
    used = (console.cpu_seconds(t.pid) - cpu) / spent
    console.row("16 panes scrolling: frames", f"{frames / spent:7.1f} /s   {len(part) / max(frames, 1):7.0f} B each")
    console.row("16 panes scrolling: lines a pane", f"{(lines() - first) / spent:7.0f} /s of 100")
    console.row("16 panes scrolling: CPU of a core", f"{used * 100:7.1f} %")
    t.type(COMMAND + "b")  # to one alone
    t.watch(0.5)
    seen, wired = [], []
    for i in range(a.keys):
        t.watch(0.017 * (1 + i % 3))
        since, at = len(t.data), time.time_ns()
        t.type(COMMAND)
        seen.append(t.until(b"COMMAND", since, 5))
        t.type("\x1b")
        t.watch(0.12)  # an escape may be the beginning of a key
        at = time.time_ns()
        t.type("a")
        t.watch(0.05)
        left = wire.first_of_each(at, time.time_ns())
        if left:
            wired.append((left[0] - at) / 1e6)
    console.row("16 panes scrolling: key to bytes", console.spread(seen))
    console.row("16 panes scrolling: key to its host's packet", console.spread(wired))
    t.end()


def drover(a, wire):
    few = Drover(a, 2)
    bare = settled(few.t, [few.t.pid])
    few.t.end()
    d = Drover(a, a.panes)
    if not d.up or not d.to_all(a.panes):
        console.row(f"drover, {a.panes} panes", "they did not open")
        d.t.end()
        return None, None
    d.t.watch(2)
    got = skew(d.t, wire, a.panes, a.keys)
    opened = settled(d.t, [d.t.pid])
    whole = fill(d.t, a)
    full = settled(d.t, [d.t.pid])
    say_skew(f"drover, {a.panes} panes", got)
    each = (full - bare) / (a.panes - 2)
    console.row("drover: memory", f"{opened:7.1f} MiB open   {full:7.1f} MiB with {LINES} lines each   "
                f"{each:5.2f} MiB a pane" + ("" if whole else "   (not all were filled)"))
    d.t.end()
    return got, each


def tmux(a, wire, base, base_each):
    mux = ["tmux", "-L", f"drover-bench-{os.getpid()}", "-f", "/dev/null"]
    ssh = f"{{ echo -20 >/proc/self/autogroup; }} 2>/dev/null; exec ssh -F {shlex.quote(a.ssh_config)} 127.9.1."
    before = sessions(a.log)

    def say(*words):
        return subprocess.run(mux + list(words), capture_output=True, text=True).stdout.strip()

    say("new-session", "-d", "-x", str(TMUX_COLS), "-y", str(TMUX_ROWS), "sleep 600", ";",
        "set-option", "-g", "history-limit", str(LINES), ";", "set-option", "-g", "status", "off", ";",
        "new-window", ssh + "1", ";", "kill-window", "-t", ":0")
    server = int(say("display-message", "-p", "#{pid}"))
    console.come_first(server)
    for i in range(2, a.panes + 1):
        say("split-window", ssh + str(i), ";", "select-layout", "tiled")
    say("set-option", "-w", "synchronize-panes", "on")
    t = console.Terminal(mux + ["attach"], TMUX_ROWS, TMUX_COLS)
    if not wait_until(t, lambda: sessions(a.log) - before >= a.panes, 120):
        console.row(f"tmux, {a.panes} panes", "they did not open")
    else:
        t.watch(2)
        got = skew(t, wire, a.panes, a.keys)
        opened = settled(t, [server, t.pid])
        whole = fill(t, a)
        full = settled(t, [server, t.pid])
        say_skew(f"tmux + ssh, {a.panes} panes", got, base)
        each = full / a.panes
        ratio = f"   {each / base_each:5.1f}x" if base_each else ""
        console.row("tmux + ssh: memory", f"{opened:7.1f} MiB open   {full:7.1f} MiB with {LINES} lines each   "
                    f"{each:5.2f} MiB a pane{ratio}" + ("" if whole else "   (not all were filled)"))
    say("kill-server")
    t.end()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--panes", type=int, default=50)
    p.add_argument("--keys", type=int, default=100)
    p.add_argument("--seconds", type=float, default=10)
    p.add_argument("--log", required=True)
    p.add_argument("--home", required=True, help="where bin and done are")
    p.add_argument("--ssh-config", required=True)
    p.add_argument("--wire", required=True, help="the command that tells of packets")
    p.add_argument("--tmux", action="store_true")
    p.add_argument("argv", nargs="+")
    a = p.parse_args()
    console.come_first()
    wire = Wire(shlex.split(a.wire))
    scrolling(a, wire)
    got, each = drover(a, wire)
    if a.tmux:
        tmux(a, wire, got, each)
    wire.end()


if __name__ == "__main__":
    sys.exit(main())
