"""Asks every replica of an app all the time whether it answers, and judges what it saw of a rollout.

watch OUT NAME=ADDRESS:PORT...   five rounds a second to OUT, until it is told to end
judge OUT EVENTS                 against the events of the run (drover --json): one line for each finding, and
                                 what was counted; status 1 where a promise was broken
"""

import asyncio
import errno
import json
import re
import signal
import sys
import time
from datetime import datetime

PERIOD = 0.2
PATIENCE = 20


def sources():
    """Ports to ask from. A host's NAT remembers for two minutes where it sent a connection, also one that met a
    container on its way out; kernels begin anew at a port by chance every ten seconds, and who comes from such a port
    again is sent to where nobody is. These go on with the clock, through all that a probe takes in those minutes."""
    first, last = 2048, 32767
    at = int(time.time() * 90)
    while True:
        yield first + at % (last - first)
        at += 1


async def connection(address, port, ports):
    while True:
        try:
            return await asyncio.open_connection(address, port, local_addr=("0.0.0.0", next(ports)))
        except OSError as e:
            if e.errno != errno.EADDRINUSE:
                raise


async def answers(address, port, ports):
    writer = None
    try:
        reader, writer = await asyncio.wait_for(connection(address, port, ports), PATIENCE)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        line = await asyncio.wait_for(reader.readline(), PATIENCE)
        return "ok" if b" 200 " in line else "miss:answered-" + (line.hex() or "nothing")
    except (OSError, asyncio.TimeoutError) as e:
        return f"miss:{type(e).__name__}-{getattr(e, 'errno', '')}"
    finally:
        if writer:
            writer.close()


async def probe(out, tick, name, address, port, ports):
    began = time.time()
    word = await answers(address, port, ports)
    out.write(f"{tick} {name} {port} {began:.3f} {time.time():.3f} {word}\n")
    out.flush()


async def watch(path, places):
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    flying = set()
    tick, ports = 0, sources()
    with open(path, "w", encoding="utf-8") as out:
        while not over.is_set():
            for name, address, port in places:
                task = asyncio.create_task(probe(out, tick, name, address, port, ports))
                flying.add(task)
                task.add_done_callback(flying.discard)
            tick += 1
            try:
                await asyncio.wait_for(over.wait(), PERIOD)
            except asyncio.TimeoutError:
                pass
        await asyncio.gather(*flying)


def at(event):
    return datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()


def windows(events):
    """When each host was in a batch: from the batch's announcement to what was announced next."""
    found, open_, began, returning = {}, set(), 0.0, False
    for event in events:
        kind, host = event["event"], event.get("host")
        if kind == "rollout" and not host and not re.match("paus|going on", event["text"]) or kind == "run.end":
            for name in open_:
                found.setdefault(name, []).append((began, at(event)))
            open_ = set()
            began = at(event)
            returning = kind == "rollout" and event["text"].startswith("rollback, ")
        elif kind == "act.sent":
            open_.add(host)
        elif kind == "host.end" and returning:
            found.setdefault(host, []).append((began, at(event)))
    return found


def judge(path, events_path):
    with open(events_path, encoding="utf-8") as lines:
        found = windows([json.loads(line) for line in lines if line.startswith("{")])
    ticks, bad = {}, []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            tick, host, port, began, ended, word = line.split()
            ticks.setdefault(int(tick), []).append((host, port, float(began), float(ended), word))
    misses = 0
    for tick, probes in sorted(ticks.items()):
        hosts = {}
        for host, port, began, ended, word in probes:
            hosts.setdefault(host, []).append(word)
            misses += word != "ok"
            inside = any(began <= to and ended >= since for since, to in found.get(host, []))
            if word != "ok" and not inside:
                behind = min([began - to for _, to in found.get(host, []) if to < began], default=-1)
                bad.append(
                    f"round {tick} at {began:.1f}: {host}:{port} missed a probe outside of its batch"
                    f" ({ended - began:.1f} s, {word}, begun {behind:.1f} s behind it)"
                )
        if not any("ok" in words for words in hosts.values()):
            bad.append(f"round {tick}: nobody answered")
        for host, words in hosts.items():
            if "ok" not in words:
                bad.append(f"round {tick}: no replica of {host} answered")
    print(*bad[:20], sep="\n")
    print(f"{len(ticks)} rounds, {misses} misses, {len(found)} hosts changed, {len(bad)} broken promises")
    return 1 if bad else 0


def main(argv):
    if argv[1] == "judge":
        return judge(argv[2], argv[3])
    places = [re.fullmatch("([^=]+)=(.+):([0-9]+)", word).groups() for word in argv[3:]]
    asyncio.run(watch(argv[2], [(name, address, int(port)) for name, address, port in places]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
