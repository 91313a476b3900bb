"""What the proofs share: TAP, drover as a user runs it, hosts that are spoken to behind their sshd, and
what a host itself knows of a run."""

import base64
import json
import os
import subprocess
import sys
import time

DROVER = os.environ.get('DROVER', '')
FLEET = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'fleet', 'fleet')
FIRST = object()


class Tap:
    def __init__(self):
        self.count = 0

    def line(self, name, faults):
        """One test: it passes when nothing is to be said against it."""
        self.count += 1
        print('%s %d - %s' % ('not ok' if faults else 'ok', self.count, name))
        for fault in faults:
            for text in str(fault).splitlines()[:20]:
                print('# ' + text.encode('unicode_escape').decode()[:400])
        sys.stdout.flush()

    def end(self):
        print('1..%d' % self.count)


class Host:
    """A shell in a host, kept open; none of its traffic touches sshd."""

    def __init__(self, name):
        self.name = name
        self.shell = None

    def open(self):
        self.shell = subprocess.Popen([FLEET, 'shell-in', self.name, 'sh'], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def close(self):
        if self.shell:
            self.shell.stdin.close()
            self.shell.wait()
            self.shell = None

    def say(self, script):
        if not self.shell or self.shell.poll() is not None:
            self.open()
        mark = 'end-of-answer-%d' % id(script)
        self.shell.stdin.write(('{ %s\n} 2>&1 </dev/null\necho; echo %s\n' % (script, mark)).encode())
        self.shell.stdin.flush()
        lines = []
        while True:
            line = self.shell.stdout.readline()
            if not line:
                raise EOFError('%s: its shell ended in: %s' % (self.name, script))
            if line.strip() == mark.encode():
                return b''.join(lines)[:-1].decode('utf-8', 'replace')
            lines.append(line)


def drover(*args, state=None, wait=True, before=(), **more):
    env = dict(os.environ)
    began = time.time()
    if state:
        env['XDG_STATE_HOME'] = state
    p = subprocess.Popen([*before, DROVER, *args], env=env, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, **more)
    if not wait:
        return p
    out, err = p.communicate(timeout=120)
    if os.environ.get('PROOF_TIMES'):
        print('# %.2f s: %s' % (time.time() - began, ' '.join(args)))
    return p.returncode, out.decode('utf-8', 'replace'), err.decode('utf-8', 'replace')


def events(text):
    """The events of whole lines; a line that was cut was never told."""
    return [json.loads(line) for line in text.split('\n')[:-1]]


def history(run, state=None):
    rc, out, err = drover('history', 'show', run, '--json', state=state)
    if rc:
        raise RuntimeError('history show %s: %d %s' % (run, rc, err))
    return [e for e in events(out) if 'event' in e]


def runs(state=None, limit=50):
    rc, out, err = drover('history', '--json', '--limit', str(limit), state=state)
    if rc:
        raise RuntimeError('history: %d %s' % (rc, err))
    return events(out)


class Result:
    """runs/UUID/result as the host has it: step -> state, and the end."""

    def __init__(self, host, run):
        text = host.say('cat /var/lib/drover/runs/%s/result || echo ABSENT' % run)
        self.absent = 'ABSENT' in text
        self.steps, self.started, self.end, self.text = {}, set(), None, ''
        self.switched = self.begun = False
        self.boots = []
        for line in text.splitlines():
            w = line.split()
            if len(w) < 4 or not w[0].isdigit():
                continue
            if w[1] not in self.boots:
                self.boots.append(w[1])
            if w[3] == 'begin':
                self.begun = True
            elif w[3] == 'switch':
                self.switched = True
            elif w[3] == 'start':
                self.started.add(int(w[4]))
            elif w[3] == 'step':
                self.steps[int(w[4])] = w[5]
            elif w[3] == 'end':
                self.end = w[4]
                self.text = '' if w[5] == '-' else base64.b64decode(w[5]).decode('utf-8', 'replace')


def verdicts(run, told, resumed):
    """Host -> the last word on it, of the run's own events and of a resume's."""
    last = {}
    for e in told:
        if e['event'] == 'host.end':
            last[e['host']] = e['state']
    for e in resumed:
        if e['event'] == 'host.end' and e['run'] in (run, resumed[0].get('run')):
            last[e['host']] = e['state']
    return last
