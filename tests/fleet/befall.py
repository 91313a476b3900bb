"""One apply to three hosts, cut in one phase of its acts: on web1 the act's unit is killed, web2 loses its
power, db1 reboots. After each: resume's verdicts agree with the result files and with what lies on
the disks; the next apply converges and leaves nothing of the dead behind."""

import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import proof  # noqa: E402

HOSTS = ['web1', 'web2', 'db1']
APPLY = ['apply', '-y', '--pet', 'db1', '--json', 'phase.yaml']
# The phases, and how many records stand in the result when each has begun.
PHASES = [('staging', 1), ('the switch', 2), ('a command', 4), ('the second files', 5), ('the start of a unit', 7),
          ('the soak', 8)]
# The command comes to pass at once or not at all: cut short in writing its file, it would leave neither version.
BOOK = """name: phase
hosts: "@*"
prune: false
rollout: {{canary: 3, max_fail: 3, soak: 700ms}}
tasks:
  - file: {{path: /root/phase/new-{v}/a, content: "version {v}\\n"}}
  - run: [sh, -c, "sleep 0.4; cd /root/phase; echo version {v} >ran.new; mv ran.new ran"]
    unless: grep -qx 'version {v}' /root/phase/ran
  - file: {{path: /root/phase/b, content: "version {v}\\n"}}
  - unit: phase.service
"""
UNIT = """[Unit]
Description=version {v}
[Service]
ExecStartPre=/bin/sleep 0.4
ExecStart=/bin/sleep infinity
"""
STATE = """echo "a $(cat /root/phase/new-{v}/a 2>/dev/null)"
for f in b ran; do echo "$f $(cat /root/phase/$f 2>/dev/null)"; done
echo "unit $(sed -n 's/^Description=//p' /etc/systemd/system/phase.service 2>/dev/null)"
echo "active $(systemctl is-active phase.service)"
echo "left $(find /root/phase /etc/systemd/system -name '.drover-*' | grep -c .)"
echo "made $(ls -d /root/phase/new-{v} 2>/dev/null)"
"""
PLACES = ['a', 'ran', 'b', 'unit']
# Waits until the result of a new run has so many lines; says which run it is.
AWAIT = """cd /var/lib/drover/runs 2>/dev/null || {{ mkdir -p /var/lib/drover/runs; cd /var/lib/drover/runs; }}
until new=$(ls | grep -vxFf /run/before-phase); do sleep 0.01; done
i=0; until [ "$(grep -c . $new/result 2>/dev/null)" -ge {n} ]; do i=$((i+1)); [ $i -lt 2000 ] || break; sleep 0.005; done
{then}
echo $new"""


def power(faults, *command):
    done = subprocess.run([proof.FLEET, *command], capture_output=True, text=True)
    if done.returncode:
        faults.append('fleet %s: %d %s' % (' '.join(command), done.returncode, done.stderr))


def befall(host, n, faults):
    """What befalls this host when its act has come so far."""
    kind = {'web1': 'systemctl kill -s KILL drover-$new.service', 'web2': '', 'db1': ''}[host.name]
    host.say(AWAIT.format(n=n, then=kind))
    if host.name == 'web2':
        power(faults, 'kill', 'web2')
        host.close()
        power(faults, 'start', 'web2')
    elif host.name == 'db1':
        host.close()
        power(faults, 'reboot', 'db1')


def judge(host, run, told, verdict, before, now, version):
    result = proof.Result(host, run)
    sent = any(e['event'] == 'act.sent' and e['host'] == host.name for e in told)
    faults, doubt = [], []
    if not sent:
        if not result.absent or verdict not in ('untried', 'unreachable', 'failed'):
            faults.append('%s: nothing was sent, the verdict is %s' % (host.name, verdict))
    elif result.end:
        if verdict != result.end:
            faults.append('%s says %s, the verdict is %s' % (host.name, result.end, verdict))
    elif not result.switched:
        if verdict != 'failed':
            faults.append('%s ended before its switch, the verdict is %s' % (host.name, verdict))
    elif verdict != 'unknown':
        faults.append('%s ended in the middle, the verdict is %s' % (host.name, verdict))
    else:
        # The first step without an end may have come to pass or not; those behind it did not.
        doubt = [n for n in range(1, 5) if n not in result.steps][:1]
    for n, place in enumerate(PLACES, 1):
        told_done = [e['state'] for e in told
                     if e['event'] == 'step.end' and e['host'] == host.name and
                     e['step'] == {1: 'file /root/phase/new-%d/a' % version, 2: 'run 2',
                                   3: 'file /root/phase/b', 4: 'unit phase.service'}[n]]
        if told_done != ([result.steps[n]] if n in result.steps else []):
            faults.append('%s: of %s the ledger tells %s, the host %s' % (host.name, place, told_done, result.steps.get(n)))
        new = 'version %d' % version
        allowed = {new} if result.steps.get(n) == 'changed' else {before[place]}
        if n in doubt or result.steps.get(n) == 'failed' or (place == 'unit' and (3 in result.steps or 3 in doubt)):
            allowed |= {new, before[place]}
        if now[place] not in allowed:
            faults.append('%s: %s is "%s", its result allows %s' % (host.name, place, now[place], allowed))
    return faults


def phase(tap, hosts, version, name, n):
    with open('phase.yaml', 'w') as f:
        f.write(BOOK.format(v=version))
    with open('phase.service', 'w') as f:
        f.write(UNIT.format(v=version))

    def look():
        return {h.name: dict(line.split(' ', 1) for line in h.say(STATE.format(v=version)).splitlines() if ' ' in line)
                for h in hosts}
    for h in hosts:
        h.say('ls /var/lib/drover/runs 2>/dev/null >/run/before-phase; echo x >>/run/before-phase')
    before = look()
    faults = []
    threads = [threading.Thread(target=befall, args=(h, n, faults)) for h in hosts]
    for t in threads:
        t.start()
    rc, out, err = proof.drover('--connect-timeout', '5s', *APPLY)
    for t in threads:
        t.join()
    if rc not in (7, 1):
        faults.append('the apply ended with %d: %s' % (rc, err))
    run = [r['run'] for r in proof.runs() if r['verb'] == 'apply'][0]
    code, out, err = proof.drover('resume', '--json')
    resumed = proof.events(out)
    told = proof.history(run)
    last = proof.verdicts(run, told, resumed)
    told += [e for e in resumed if e['run'] != run and e['event'] == 'step.end']
    now = look()
    for h in hosts:
        faults += judge(h, run, told, last.get(h.name), before[h.name], now[h.name], version)
    print('# %s: %s' % (name, ', '.join('%s %s' % kv for kv in sorted(last.items()))))
    tap.line('cut in %s: the verdicts are what the hosts say' % name, faults)
    faults = []
    code, out, err = proof.drover(*APPLY)
    if code:
        faults.append('%d %s' % (code, err))
    for host, s in look().items():
        if {s[k] for k in PLACES} != {'version %d' % version} or s['active'] != 'active' or s['left'] != '0':
            faults.append('%s is not as it should be: %s' % (host, s))
    for h in hosts:
        if sum(run in line for line in h.say('cat /var/lib/drover/journal').splitlines()) != (last[h.name] != 'untried'):
            faults.append("%s's journal does not tell of the run once" % h.name)
    tap.line('cut in %s: the next apply converges and clears away' % name, faults)


def main():
    tap = proof.Tap()
    hosts = [proof.Host(name) for name in HOSTS]
    for version, (name, n) in enumerate(PHASES, 1):
        phase(tap, hosts, version, name, n)
    tap.end()


main()
