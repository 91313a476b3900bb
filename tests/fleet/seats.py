"""Two or three seats, each a drover with a ledger of its own, at the same three hosts: random histories
of applies, some of them killed or stopped in the middle. What must hold after each: no two acts
interleave on a host, whoever comes second is told who holds the lock, the host is as the last
committed run left it, and every seat learns of the others' runs."""

import os
import random
import re
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import proof  # noqa: E402

HOSTS = ['web1', 'web2', 'db1']
SEATS = ['north', 'south', 'east']
BOOK = """name: {name}
hosts: "@*"
rollout: {{canary: 3, max_fail: 3}}
tasks:
  - file: {{path: /root/seat/a, content: "{name}\\n"}}
  - run: [sh, -c, "echo begin {name} >>/root/seat/log; sleep {pause}; echo end {name} >>/root/seat/log"]
  - file: {{path: /root/seat/b, content: "{name}\\n"}}
"""
LOOK = """cat /root/seat/log 2>/dev/null; : >/root/seat/log
echo "a $(cat /root/seat/a 2>/dev/null)"; echo "b $(cat /root/seat/b 2>/dev/null)"
echo "left $(ls -A /root/seat | grep -c '^\\.drover-')"
sed 's/^/journal	/' /var/lib/drover/journal"""
ACTING = "systemctl list-units --plain --no-legend 'drover-*.service' | grep -c 'drover-[0-9a-f]*-'"


class Attempt:
    """One apply of one seat in one history."""

    def __init__(self, seat, name, hosts, rng):
        self.seat, self.name, self.hosts = seat, name, hosts
        self.after = rng.random() * 0.5
        self.fate = rng.choice(['', '', '', '', '', 'kill', 'stop'])
        self.when = 0.2 + rng.random() * 0.8
        with open(name + '.yaml', 'w') as f:
            f.write(BOOK.format(name=name, pause='%.1f' % (rng.random() * 0.5)))

    def go(self):
        time.sleep(self.after)
        p = proof.drover('apply', '-y', '--pet', 'db1', '--json', '-l', ','.join(self.hosts),
                         self.name + '.yaml', state=self.seat, wait=False)
        reader = threading.Thread(target=lambda: setattr(self, 'said', p.communicate()))
        reader.start()
        if self.fate:
            time.sleep(self.when)
            if p.poll() is None:
                p.send_signal(signal.SIGKILL if self.fate == 'kill' else signal.SIGSTOP)
            if self.fate == 'stop':
                time.sleep(0.7)
                p.send_signal(signal.SIGCONT)
        reader.join(60)
        self.rc = p.returncode
        self.events = proof.events(self.said[0].decode())

    def run(self):
        """Which run it was, as it said or as the ledger has it; None: it never began one."""
        told = [e['run'] for e in self.events if e['event'] == 'run.start']
        kept = [r['run'] for r in proof.runs(state=self.seat) if self.name + '.yaml' in r.get('playbook', '')]
        return (told + kept + [None])[0]

    def verdicts(self):
        run = self.run() if self.rc == -signal.SIGKILL else None
        if run:
            rc, out, err = proof.drover('resume', '--json', run, state=self.seat)
            self.events += proof.events(out)
        return {e['host']: e for e in self.events if e['event'] == 'host.end'}


def interleaved(lines):
    """Begin and end of one after the other; what is wrong with it."""
    under_way = None
    for line in lines:
        word, name = line.split()
        if word == 'begin' and under_way:
            return '%s began in the middle of %s' % (name, under_way)
        if word == 'end' and under_way != name:
            return '%s ended, %s was under way' % (name, under_way)
        under_way = name if word == 'begin' else None
    return None


def overlapping(host, names):
    """The same, from the times in runs/*/result, by the host's own clock."""
    text = host.say("for r in /var/lib/drover/runs/*; do echo \"run $(cut -f 4 <$r/about)\"; "
                    "grep -E ' (begin|end) ' $r/result; done")
    spans, name, begin = [], None, None
    for line in text.splitlines():
        w = line.split()
        if w[:1] == ['run']:
            name, begin = w[1] if len(w) > 1 else '', None
        elif len(w) > 3 and w[3] == 'begin':
            begin = float(w[2])
        elif len(w) > 4 and w[3] == 'end' and begin is not None and name in names:
            spans.append((begin, float(w[2]), name))
    spans.sort()
    return ['%s: %s at %.2f-%.2f overlaps %s at %.2f-%.2f' % (host.name, a[2], a[0], a[1], b[2], b[0], b[1])
            for a, b in zip(spans, spans[1:]) if b[0] < a[1]]


def quiet(host):
    end = time.time() + 30
    while host.say(ACTING).strip() not in ('0', ''):
        if time.time() > end:
            return False
        time.sleep(0.05)
    return True


def judge(host, attempts, ends, before):
    """What speaks against this history on one host; and the journal as it is now."""
    faults, lines, journal, at = [], [], [], {}
    for line in host.say(LOOK).splitlines():
        word, _, rest = line.partition(' ')
        if line.startswith('journal\t'):
            journal.append(line.split('\t')[1:])
        elif word in ('begin', 'end'):
            lines.append(line)
        else:
            at[word] = rest
    wrong = interleaved(lines)
    if wrong:
        faults.append('%s: %s in %s' % (host.name, wrong, lines))
    names = [a.name for a in attempts]
    faults += overlapping(host, names)
    new = [j for j in journal if j not in before]
    by_name = {j[6]: j for j in new if len(j) > 6}
    for a in attempts:
        if host.name not in a.hosts:
            continue
        end, own = ends[a].get(host.name), by_name.get(a.name)
        state = end['state'] if end else None
        if state == 'failed' and 'knows no such run' in end.get('text', ''):
            state = 'untried'
        if state in ('changed', 'ok', 'stale', 'failed') and (not own or own[2] != state):
            faults.append('%s: %s says %s of %s, the journal %s' % (host.name, a.seat, state, a.name, own))
        elif state in ('locked', 'untried', 'unreachable') and own:
            faults.append('%s: %s says %s of %s, but the journal has %s' % (host.name, a.seat, state, a.name, own))
        elif state in (None, 'unknown') and (own or a.rc != -signal.SIGKILL):
            faults.append('%s: %s has no verdict on %s: %s' % (host.name, a.seat, a.name, end))
        if state == 'locked':
            named = re.search(r'holds the host.s lock: (\S+) at (\S+) since \S+, run (\S+)', end['text'])
            others = [j[1] for j in new if j[1] != own]
            if not named or named.group(3) not in others:
                faults.append('%s: the holder is not named: %s' % (host.name, end['text']))
    last = [j for j in journal if j[2] in ('changed', 'ok')]
    if last and not (at.get('a') == at.get('b') == last[-1][6]):
        faults.append('%s: the last run was %s, but there is a %s, b %s' % (host.name, last[-1][6], at.get('a'), at.get('b')))
    if at.get('left') != '0':
        faults.append('%s: temporary files are left' % host.name)
    return faults, journal


def others_known(seat, journals):
    """Every run in the tails of the hosts' journals stands in this seat's history."""
    rc, out, err = proof.drover('plan', 'last.yaml', state=seat)
    if rc:
        return ['%s: plan: %d %s' % (seat, rc, err)]
    mine = {r['run'] for r in proof.runs(state=seat, limit=1000)}
    return ['%s does not know of %s on %s' % (seat, j[1], host)
            for host, lines in journals.items() for j in lines[-20:] if j[1] not in mine]


def history(rng, number, hosts, journals):
    seats = rng.sample(SEATS, rng.choice([2, 2, 3]))
    attempts = [Attempt(seat, 'h%d-%s' % (number, seat), sorted(rng.sample(HOSTS, rng.choice([1, 2, 3, 3]))), rng)
                for seat in seats]
    threads = [threading.Thread(target=a.go) for a in attempts]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    faults = ['%s: an act does not end' % h.name for h in hosts.values() if not quiet(h)]
    ends = {a: a.verdicts() for a in attempts}
    for a in attempts:
        if a.rc not in (0, 1, 6, 9, -signal.SIGKILL):
            faults.append('%s ended with %s: %s' % (a.name, a.rc, a.said[1].decode()))
    for host in hosts.values():
        found, journals[host.name] = judge(host, attempts, ends, journals[host.name])
        faults += found
    locked = sum(e['state'] == 'locked' for a in attempts for e in ends[a].values())
    stale = sum(e['state'] == 'stale' for a in attempts for e in ends[a].values())
    told = ', '.join('%s %s%s' % (a.seat, '+'.join(a.hosts), ' ' + a.fate if a.fate else '') for a in attempts)
    return faults, told, locked, stale


def main():
    wanted = int(os.environ.get('HISTORIES', '15'))
    seed = int(os.environ.get('SEED', int.from_bytes(os.urandom(3), 'big')))
    print('# SEED=%d' % seed)
    rng, tap = random.Random(seed), proof.Tap()
    hosts = {name: proof.Host(name) for name in HOSTS}
    journals = {name: [] for name in HOSTS}
    locked = stale = 0
    with open('last.yaml', 'w') as f:
        f.write(BOOK.format(name='last', pause=0))
    for host in hosts.values():
        host.say('mkdir -p /root/seat; : >/root/seat/log')
    for number in range(wanted):
        faults, told, l, s = history(rng, number, hosts, journals)
        locked, stale = locked + l, stale + s
        if number % 5 == 4 or number == wanted - 1:
            for seat in SEATS:
                faults += others_known(seat, journals)
        tap.line('history %d: %s: %d locked, %d stale' % (number, told, l, s), faults)
    print('# %d hosts were locked, %d were stale' % (locked, stale))
    tap.line('some met a lock', [] if locked else ['none did'])
    for seat in SEATS:
        rc, out, err = proof.drover('history', 'verify', state=seat)
        tap.line('the ledger of %s is whole' % seat, [] if rc == 0 else [err])
    tap.end()


main()
