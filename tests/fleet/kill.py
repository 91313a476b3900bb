"""kill -9 of drover at points spread over an apply to three hosts: at the K-th write, send or sync of
whichever of its processes gets there first, and behind the N-th line it tells. After each: the
ledger is whole and has all that was told; resume's verdict on every host agrees with the result file
there and with what lies on its disk; a following apply converges, and another changes nothing."""

import collections
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import proof  # noqa: E402

CALLS = ['write', 'sendto', 'sendmsg', 'fsync', 'fdatasync', 'pwrite64']
HOSTS = ['web1', 'web2', 'db1']
APPLY = ['apply', '-y', '--pet', 'db1', '--json', 'kill.yaml']
WALK = ("find /root/kill /etc/systemd/system /var/lib/drover -xdev -printf '%i %T@ %m %p\\n' | sort -k4")
UNIT = """[Unit]
Description=version {v}
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
"""
BOOK = """name: kill
hosts: "@*"
rollout: {{canary: 3, max_fail: 3}}
tasks:
  - file: {{path: /root/kill/a, content: "version {v}\\n"}}
  - run: [sh, -c, "echo version {v} >/root/kill/ran"]
    unless: grep -qx 'version {v}' /root/kill/ran
  - run: [sh, -c, "exit 9"]
    when: host == "{bad}"
    creates: /root/kill/good-{v}
  - file: {{path: /root/kill/b, content: "version {v}\\n"}}
  - unit: kill.service
"""
# The n-th step of a plan, by its id, and where its version is read.
PLACES = {'file /root/kill/a': 'a', 'file /root/kill/b': 'b', 'unit kill.service': 'unit'}
STATE = """for f in a b ran; do echo "$f $(cat /root/kill/$f 2>/dev/null)"; done
echo "unit $(sed -n 's/^Description=//p' /etc/systemd/system/kill.service 2>/dev/null)"
echo "active $(systemctl is-active kill.service)"
echo "left $(ls -A /root/kill /etc/systemd/system | grep -c '^\\.drover-')"
echo "runs $(ls /var/lib/drover/runs 2>/dev/null | tr '\\n' ' ')"
"""


class Fleet:
    def __init__(self):
        self.hosts = {name: proof.Host(name) for name in HOSTS}
        self.version = self.unit = 0
        self.known_runs = set()

    def write(self, bad='', unit=True):
        """The next version of the playbook; that of its unit, which takes the longest, only if asked."""
        self.version += 1
        self.unit = self.version if unit else self.unit
        with open('kill.yaml', 'w') as f:
            f.write(BOOK.format(v=self.version, bad=bad))
        with open('kill.service', 'w') as f:
            f.write(UNIT.format(v=self.unit))

    def wanted(self, place):
        return 'version %d' % (self.unit if place == 'unit' else self.version)

    def state(self):
        return {name: dict(line.split(' ', 1) for line in h.say(STATE).splitlines() if ' ' in line)
                for name, h in self.hosts.items()}


def count_calls(fleet):
    """How often the busiest thread of an apply makes each call."""
    fleet.write(unit=False)
    proof.drover(*APPLY, before=['strace', '-f', '-qq', '-o', 'calls', '-e', 'trace=' + ','.join(CALLS)])
    seen = collections.Counter()
    for line in open('calls', errors='replace'):
        m = re.match(r'(\d+) +(\w+)\(', line)
        if m:
            seen[m.group(1, 2)] += 1
    most = collections.Counter()
    for (_, call), n in seen.items():
        most[call] = max(most[call], n)
    return most


def points(most, lines, wanted):
    every = [(call, k) for call in CALLS for k in range(1, most[call] + 1)]
    every += [('line', k) for k in range(1, lines + 1)]
    if wanted >= len(every):
        return (every * (wanted // len(every) + 1))[:wanted]
    return [every[i * len(every) // wanted] for i in range(wanted)]


def killed_apply(point):
    """What it told before it died, how it ended, and what was said on the other stream."""
    call, k = point
    if call != 'line':
        rc, out, err = proof.drover(*APPLY, before=['strace', '-f', '-qq', '-o', '/dev/null', '-e',
                                                    'trace=' + call, '-e',
                                                    'inject=%s:signal=KILL:when=%d' % (call, k)])
        return out, rc, err
    p = proof.drover(*APPLY, wait=False)
    out = b''
    for _ in range(k):
        out += p.stdout.readline()
    p.kill()
    rest, err = p.communicate(timeout=60)
    return (out + rest).decode(), p.returncode, err.decode()


def against_host(run, name, told, verdict, host, before, now, wants):
    """What speaks against the verdict on one host."""
    result = proof.Result(host, run)
    steps = [e['step'] for e in told if e['event'] == 'plan.step' and e['host'] == name]
    sent = any(e['event'] == 'act.sent' and e['host'] == name for e in told)
    faults = []
    if not result.absent and not sent:
        faults.append('%s acted without an intent in the ledger' % name)
    if result.absent:
        if verdict not in ('failed', 'untried', 'unreachable', 'refused', 'ok') or (verdict == 'ok' and steps):
            faults.append('%s knows nothing of the run, but it is said to be %s' % (name, verdict))
    elif verdict != result.end:
        faults.append('%s says %s, the verdict is %s' % (name, result.end, verdict))
    for n, step in enumerate(steps, 1):
        place = PLACES.get(step) or ('ran' if step == 'run 2' else None)
        done = result.steps.get(n) == 'changed'
        told_done = [e['state'] for e in told
                     if e['event'] == 'step.end' and e['host'] == name and e['step'] == step]
        if told_done != ([result.steps[n]] if n in result.steps else []):
            faults.append('%s: of %s the ledger tells %s, the host %s' %
                          (name, step, told_done, result.steps.get(n)))
        if not place:
            continue
        wanted = wants(place) if done else before.get(place, '')
        if now.get(place, '') != wanted:
            faults.append('%s: %s is "%s", but by its result "%s"' % (name, step, now.get(place), wanted))
    if not steps and verdict != 'ok' and {k: now[k] for k in 'ab'} != {k: before[k] for k in 'ab'}:
        faults.append('%s changed without a plan' % name)
    if now['left'] != '0':
        faults.append('%s: %s temporary files are left' % (name, now['left']))
    return faults


def resume_of(faults):
    rc, out, err = proof.drover('resume', '--json')
    if rc not in (0, 1, 4, 7, 8):
        faults.append('resume ended with %d: %s' % (rc, err))
    return proof.events(out)


def one_point(fleet, point):
    before = fleet.state()
    known = {r['run'] for r in proof.runs()} if fleet.known_runs else set()
    out, rc, err = killed_apply(point)
    told_out = proof.events(out)
    faults = []
    code, _, text = proof.drover('history', 'verify')
    if code:
        faults.append('history verify: %d %s' % (code, text))
    new = [r for r in proof.runs() if r['verb'] == 'apply' and r['run'] not in known]
    if told_out and told_out[0]['run'] not in [r['run'] for r in new]:
        faults.append('a run that was told of is not in the ledger')
    if not new:
        now = fleet.state()
        if now != before:
            faults.append('hosts changed without a run in the ledger: %s %s' % (before, now))
        return faults, rc
    run = new[0]['run']
    fleet.known_runs.add(run)
    seqs = {e['seq'] for e in proof.history(run)}
    lost = [e for e in told_out if e.get('seq') and e['seq'] not in seqs]
    if lost:
        faults.append('%d events that were told are lost: %s' % (len(lost), lost[0]))
    resumed = resume_of(faults)
    told = proof.history(run)
    last = proof.verdicts(run, told, resumed)
    # What a resume of an ended run proves stands in the resume.
    told = told + [e for e in resumed if e['run'] != run and e['event'] == 'step.end']
    now = fleet.state()
    for name, host in fleet.hosts.items():
        if name not in last:
            faults.append('there is no verdict on %s' % name)
            continue
        faults += against_host(run, name, told, last[name], host, before[name], now[name],
                               fleet.wanted)
    code, _, text = proof.drover('history', 'verify')
    if code:
        faults.append('history verify after resume: %d %s' % (code, text))
    if faults:
        faults.append('apply: rc %s, %s' % (rc, err[-300:]))
    return faults, rc


def converges(fleet):
    """The same apply again, and again."""
    faults = []
    rc, out, err = proof.drover(*APPLY)
    if rc:
        faults.append('the following apply: %d %s' % (rc, err))
    for name, s in fleet.state().items():
        strange = [k for k in ('a', 'b', 'ran', 'unit') if s[k] != fleet.wanted(k)]
        if strange or s['active'] != 'active':
            faults.append('%s did not converge: %s' % (name, s))
    walks = {n: h.say(WALK) for n, h in fleet.hosts.items()}
    rc, out, err = proof.drover(*APPLY)
    if rc or '"act.sent"' in out:
        faults.append('twice the same apply: %d %s' % (rc, err))
    for name, h in fleet.hosts.items():
        if h.say(WALK) != walks[name]:
            faults.append('twice the same apply changed something on %s' % name)
    return faults


def main():
    wanted = int(os.environ.get('KILL_POINTS', '50'))
    tap, fleet = proof.Tap(), Fleet()
    fleet.write()
    rc, out, err = proof.drover(*APPLY)
    tap.line('an apply that nobody kills', [] if rc == 0 else ['%d %s' % (rc, err)])
    most = count_calls(fleet)
    print('# calls of the busiest thread: %s' % dict(most))
    died = 0
    fleet.known_runs = {r['run'] for r in proof.runs()}
    for i, point in enumerate(points(most, out.count('\n'), wanted)):
        bad = 'web2' if i % 7 == 3 else ''
        fleet.write(bad, i % 10 == 0)
        faults, rc = one_point(fleet, point)
        died += rc != 0
        if not bad and i % 5 == 1:
            faults += converges(fleet)
        tap.line('killed at %s %d (%s)' % (*point, 'ended by itself' if rc >= 0 else 'died'), faults)
    fleet.write()
    tap.line('after all of it an apply converges', converges(fleet))
    tap.line('four of five points hit an apply', [] if died * 5 >= wanted * 4 else ['%d of %d' % (died, wanted)])
    tap.end()


main()
