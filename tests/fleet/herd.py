"""Sixty hosts that roll out version after version while this and that goes wrong on some of them, as chance has it:
of hosts that are away, images that do not load, services that do not start, are not well, or start again by
themselves, drains that fail, locks that are held, links that break behind an act. The hosts have systemd and podman
in name only (herd/), all else is real. What must hold of each run, whatever the chances, is in judge().

FAILURES (40) is how many failures are brought about in all, SEED the first of the seeds."""

import collections
import fcntl
import hashlib
import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tarfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
import proof  # noqa: E402

CATTLE, PETS, RACKS = 54, 6, 4
KINDS = ['away', 'away', 'load', 'start', 'start', 'health', 'health', 'flap', 'drain', 'locked', 'lost']
BAD = {'failed', 'rolled-back', 'rollback-failed', 'unknown', 'locked', 'stale', 'unreachable', 'refused'}
# Exit codes of a run, the most important first.
CODES = [('refused', 11), ('rollback-failed', 7), ('unknown', 7), ('untried', 8), ('failed', 1), ('rolled-back', 1),
         ('unreachable', 4), ('stale', 6), ('locked', 9)]
BOOK = """name: herd
hosts: "@all"
rollout: {{canary: {canary}, batch: {batch}, max_fail: {max_fail}, max_unreachable: {max_unreachable},
          soak: 100ms, on_failure: {on_failure}{domain}}}
apps:
  web:
    image: {{archive: {archive}}}
    replicas: 2
    env: {{VERSION: "{version}"}}
    health: {{exec: [/herd/health, "{version}"], interval: 100ms, timeout: 5s, retries: 3}}
    drain: {{before: [/herd/drain]}}
tasks:
  - file: {{path: /etc/herd, content: "{version}\\n"}}
"""


def archive(path, name):
    """An image as podman would save it, of next to nothing."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode='w') as tar:
        tar.addfile(tarfile.TarInfo('etc'))
    layer = layer.getvalue()
    config = json.dumps({'architecture': 'amd64', 'os': 'linux', 'config': {'Labels': {'name': name}},
                         'rootfs': {'type': 'layers', 'diff_ids': ['sha256:' + hashlib.sha256(layer).hexdigest()]}})
    digest = hashlib.sha256(config.encode()).hexdigest()
    manifest = json.dumps([{'Config': digest + '.json', 'RepoTags': [name], 'Layers': ['layer.tar']}])
    with tarfile.open(path, 'w', format=tarfile.USTAR_FORMAT) as tar:
        for member, data in (('manifest.json', manifest.encode()), (digest + '.json', config.encode()),
                             ('layer.tar', layer)):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


class Herd:
    """The hosts, and the way to what lies on them."""

    def __init__(self, state):
        self.state = state
        self.names = ['cow%d' % n for n in range(1, CATTLE + 1)] + ['pet%d' % n for n in range(1, PETS + 1)]
        self.kind = {n: 'pet' if n.startswith('pet') else 'cattle' for n in self.names}
        self.rack = {n: 'r%d' % (i % RACKS) for i, n in enumerate(self.names)}
        self.locks = []

    def up(self):
        os.makedirs(self.state)
        tree = subprocess.run([proof.FLEET, 'tree', '12'], check=True, stdout=subprocess.PIPE).stdout.decode().strip()
        for key in ('key', 'host_key'):
            subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', os.path.join(self.state, key)],
                           check=True)
        # A tree that somebody stands on is not pruned.
        self.tree_lock = open(tree + '.lock', 'a')
        fcntl.flock(self.tree_lock, fcntl.LOCK_SH)
        self.port = free_port()
        self.outer = subprocess.Popen(
            ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private',
             os.path.join(HERE, 'herd', 'up.sh'), self.state, tree, str(len(self.names)), str(self.port)],
            stdin=subprocess.DEVNULL)
        await_that(60, lambda: os.path.exists(os.path.join(self.state, 'ready')) or self.outer.poll() is not None)
        if self.outer.poll() is not None:
            raise RuntimeError('the herd did not come up')
        with open('/proc/%d/task/%d/children' % (self.outer.pid, self.outer.pid), encoding='ascii') as f:
            self.init = int(f.read().split()[0])
        await_that(60, lambda: all(self.read(n, '/run/sshd.pid') for n in self.names))
        with open(os.path.join(self.state, 'host_key.pub'), encoding='ascii') as f:
            with open(os.path.join(self.state, 'known_hosts'), 'w', encoding='ascii') as to:
                to.write('[127.60.*]:%d %s\n' % (self.port, ' '.join(f.read().split()[:2])))
        with open(os.path.join(self.state, 'ssh_config'), 'w', encoding='ascii') as to:
            to.write('Host *\n  User root\n  IdentityFile %s/key\n  IdentitiesOnly yes\n  IdentityAgent none\n'
                     '  UserKnownHostsFile %s/known_hosts\n  GlobalKnownHostsFile none\n  StrictHostKeyChecking yes\n'
                     % (self.state, self.state))

    def down(self):
        self.unlock()
        if hasattr(self, 'outer'):
            self.outer.kill()
            self.outer.wait()

    def inventory(self, path, away):
        def line(n):
            return '      %s: {address: 127.60.0.%d, port: %d, vars: {rack: %s}}\n' % (
                n, self.names.index(n) + 1, 1 if n in away else self.port, self.rack[n])

        with open(path, 'w', encoding='ascii') as f:
            f.write('fleet: herd\nknown_hosts: %s/known_hosts\ndefaults: {user: root, connect_timeout: 20s}\ngroups:\n'
                    % self.state)
            for kind in ('cattle', 'pet'):
                f.write('  %ss:\n    kind: %s\n    hosts:\n' % (kind, kind))
                f.writelines(line(n) for n in self.names if self.kind[n] == kind)

    def path(self, name, path):
        return '/proc/%d/root%s/hosts/%d/root%s' % (self.init, self.state, self.names.index(name) + 1, path)

    def read(self, name, path):
        try:
            with open(self.path(name, path), encoding='utf-8') as f:
                return f.read()
        except FileNotFoundError:
            return ''

    def prepare(self, name, what):
        for path in ('/herd/fail', '/herd/unwell', '/herd/acts', '/herd/failed'):
            try:
                os.unlink(self.path(name, path))
            except FileNotFoundError:
                pass
        if what == 'locked':
            os.makedirs(self.path(name, '/var/lib/drover'), mode=0o700, exist_ok=True)
            lock = open(self.path(name, '/var/lib/drover/lock'), 'a')
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.locks.append(lock)
        elif what and what != 'away':
            with open(self.path(name, '/herd/fail'), 'w', encoding='ascii') as f:
                f.write(what)

    def unlock(self):
        for lock in self.locks:
            lock.close()
        self.locks = []

    def reach(self, name):
        """A host whose links all went takes new ones."""
        os.unlink(self.path(name, '/run/sshd.pid'))
        root = self.path(name, '').removeprefix('/proc/%d/root' % self.init)
        subprocess.run(['nsenter', '-t', str(self.init), '-m', '-p', 'chroot', root, '/usr/sbin/sshd', '-f',
                        '/etc/ssh/herd_config'], check=True, stdin=subprocess.DEVNULL)
        await_that(60, lambda: self.read(name, '/run/sshd.pid'))

    def is_quiet(self, name):
        acts = self.read(name, '/herd/acts').split()
        return acts[0::2].count('begin') == acts[0::2].count('end')

    def look(self, name):
        """What an apply is about: files by digest, the manifest, which version each unit runs."""
        seen = {}
        for top in ('/etc/systemd/system', '/etc/drover', '/etc/herd', '/var/lib/drover/manifest'):
            for path in self.below(self.path(name, top)):
                with open(path, 'rb') as f:
                    seen[path.split('/root/', 2)[-1]] = hashlib.sha256(b''.join(sorted(f))).hexdigest()
        for unit in ('web-0.service', 'web-1.service'):
            text = self.read(name, '/etc/systemd/system/' + unit)
            if self.read(name, '/herd/units/%s/active' % unit) != 'active\n':
                seen[unit] = 'does not run'
            elif self.read(name, '/herd/units/%s/runs' % unit).split()[0] == hashlib.sha256(text.encode()).hexdigest():
                seen[unit] = 'runs'
            else:
                # An act that failed before it came to this one left it running what its file no longer says.
                seen[unit] = 'runs what it was'
        return seen

    def differences(self, name, before):
        now = self.look(name)
        return sorted(k for k in set(now) | set(before) if now.get(k) != before.get(k)
                      and (before.get(k), now.get(k)) != ('runs what it was', 'runs'))

    def below(self, top):
        if os.path.isfile(top) and not os.path.islink(top):
            yield top
        for directory, _, files in os.walk(top):
            for name in files:
                if not os.path.islink(os.path.join(directory, name)):
                    yield os.path.join(directory, name)


def free_port():
    with socket.socket() as s:
        s.bind(('127.60.0.1', 0))
        return s.getsockname()[1]


def await_that(seconds, condition):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)


def count_of(limit, of):
    """n, or that many percent, rounded up."""
    if limit.endswith('%'):
        return min(of, -(-of * int(limit[:-1]) // 100))
    return int(limit)


def is_met(limit, n, total):
    if limit.endswith('%'):
        return n > 0 and n * 100 >= int(limit[:-1]) * total
    return n > 0 and n >= int(limit)


class Round:
    """One run of one version, with the failures that befall it."""

    def __init__(self, herd, seed, version):
        rng = random.Random(seed)
        self.herd, self.seed, self.version = herd, seed, version
        self.spec = {
            'canary': rng.choice(['0', '1', '1', '2', '5%']),
            'batch': rng.choice(['4', '10', '25%', '25%', '50%', '100%']),
            'max_fail': rng.choice(['1', '1', '3', '10', '10%', '30%', '100%']),
            'max_unreachable': rng.choice(['50%', '50%', '10%', '90%']),
            'on_failure': rng.choice(['stop', 'rollback']),
            'domain': rng.choice(['', ', domain: rack']),
        }
        chance = rng.choice([0.02, 0.1, 0.3, 0.6])
        self.fate = {n: rng.choice(KINDS) if rng.random() < chance else '' for n in herd.names}

    def go(self):
        herd = self.herd
        away = {n for n, what in self.fate.items() if what == 'away'}
        herd.inventory('inventory.yaml', away)
        with open('herd.yaml', 'w', encoding='ascii') as f:
            f.write(BOOK.format(version=self.version, archive='image%d.tar' % (self.version % 2), **self.spec))
        for name in herd.names:
            herd.prepare(name, self.fate[name])
        self.before = {n: herd.look(n) for n in herd.names}
        p = proof.drover('apply', '-y', '--json', '--pet', ','.join(n for n in herd.names if herd.kind[n] == 'pet'),
                         'herd.yaml', wait=False)
        out, self.err = (text.decode('utf-8', 'replace') for text in p.communicate(timeout=600))
        self.rc = p.returncode
        herd.unlock()
        self.events = proof.events(out)
        self.end = {}
        for e in self.events:
            if e['event'] == 'host.end':
                self.end[e['host']] = e['state']
        self.befell = collections.Counter(
            word for n in herd.names for word in herd.read(n, '/herd/failed').split())
        self.befell['away'] = len(away)
        self.befell['locked'] = sum(1 for state in self.end.values() if state == 'locked')

    def span(self, name):
        """When the act of this run began on a host and when it ended, by the host's record; None: it has none."""
        words = [line.split() for line in
                 self.herd.read(name, '/var/lib/drover/runs/%s/result' % self.events[0]['run']).splitlines()]
        begin = [float(w[2]) for w in words if len(w) > 3 and w[3] == 'begin']
        end = [float(w[2]) for w in words if len(w) > 3 and w[3] == 'end']
        return (begin[0], end[0]) if begin and end else None

    def proved(self):
        """Hosts that were lost come back, and resume tells of each what its own journal says."""
        lost = [n for n in self.herd.names if self.herd.read(n, '/herd/failed') == 'lost\n']
        for name in lost:
            await_that(60, lambda n=name: self.herd.is_quiet(n))
            self.herd.reach(name)
        if not lost:
            return []
        rc, out, err = proof.drover('resume', '--json')
        told = {e['host']: e['state'] for e in proof.events(out) if e['event'] == 'host.end'}
        faults = []
        for name in lost:
            lines = [line.split('\t') for line in self.herd.read(name, '/var/lib/drover/journal').splitlines()]
            last = lines[-1][2] if lines else 'nothing'
            if told.get(name) != last:
                faults.append('%s: resume says %s, its journal %s (exit %d) %s' % (
                    name, told.get(name), last, rc, err[-400:]))
        return faults


class Judge:
    """The run as its events tell it, in their order, held against what must be."""

    def __init__(self, r):
        self.r, self.spec, self.herd = r, r.spec, r.herd
        self.total = len(self.herd.names)
        self.faults, self.sent, self.ended = [], [], {}
        self.batch, self.members, self.size, self.stopped, self.back = '', [], 0, False, False
        self.pets_began = False
        self.sizes, self.batches = [], []

    def say(self, text):
        self.faults.append(text)

    def failed(self):
        """Those that count: not the ones that were never reached before anything was sent to them."""
        return [n for n, state in self.ended.items()
                if state in BAD and (n in self.sent or state not in ('unreachable', 'refused', 'stale'))]

    def aside(self):
        return [n for n, state in self.ended.items() if n not in self.sent and state in ('unreachable', 'refused')]

    def announced(self, text):
        name, _, rest = text.partition(': ')
        self.batch, self.members, self.size = name, [], int(rest.split()[0])
        self.batches.append((name, self.members))
        self.sizes.append(self.size)
        if self.stopped:
            self.say('%s was announced after the stop' % name)
        cattle = [n for n in self.herd.names if self.herd.kind[n] == 'cattle']
        there = [n for n in cattle if n not in self.aside()]
        waiting = [n for n in there if n not in self.ended and n not in self.sent]
        if name == 'pet':
            self.pets_began = True
            if self.size != 1 or waiting:
                self.say('%d pets at once, while %s wait' % (self.size, waiting))
            return
        if self.pets_began:
            self.say('%s comes behind pets' % name)
        first = len(self.sizes) == 1 and count_of(self.spec['canary'], len(there)) > 0
        if (name == 'canary') != first:
            self.say('%s is batch %d' % (name, len(self.sizes)))
        wanted = min(len(waiting), max(1, count_of(self.spec['canary' if first else 'batch'], len(there))))
        if self.size > wanted or (self.size < wanted and not self.spec['domain']):
            self.say('%s has %d hosts, wanted were %d of %d that wait' % (name, self.size, wanted, len(waiting)))

    def spread(self):
        """No rack of several hosts goes whole, unless it is one host alone."""
        if not self.spec['domain'] or self.batch == 'pet' or len(self.members) < 2:
            return
        well = [n for n in self.herd.names if self.herd.kind[n] == 'cattle' and n not in self.aside()
                and (n not in self.ended or self.ended[n] not in BAD)]
        for rack in set(self.herd.rack[n] for n in self.members):
            rest = [n for n in well if self.herd.rack[n] == rack and n not in self.members]
            whole = [n for n in self.herd.names if self.herd.kind[n] == 'cattle' and self.herd.rack[n] == rack
                     and n not in self.aside()]
            if not rest and len(whole) > 1:
                self.say('%s takes %s whole: %s' % (self.batch, rack, self.members))

    def act(self, host):
        if self.stopped:
            self.say('%s was started after the stop' % host)
        if host in self.sent:
            self.say('%s was started twice' % host)
        if self.herd.kind[host] == 'pet' and self.batch != 'pet':
            self.say('the pet %s is of %s' % (host, self.batch))
        self.sent.append(host)
        self.members.append(host)
        if len(self.members) > self.size:
            self.say('%s has more hosts than the %d it was to have' % (self.batch, self.size))

    def follow(self):
        for e in self.r.events:
            host, kind = e.get('host'), e['event']
            if kind == 'rollout' and not host:
                text = e['text']
                if text.startswith('rollback'):
                    self.spread()
                    self.members = []
                    self.back = True
                elif text.split(':')[0].split()[0] in ('canary', 'batch', 'pet'):
                    self.spread()
                    self.announced(text)
            elif kind == 'act.sent' and not self.back:
                self.act(host)
            elif kind == 'host.end' and not self.back:
                self.ended[host] = e['state']
                if e['state'] != 'untried' and is_met(self.spec['max_fail'], len(self.failed()), self.total):
                    self.stopped = True
        self.spread()

    def limits(self):
        end = self.r.end
        away = [n for n in self.aside() if n not in self.sent]
        untried = [n for n in self.herd.names if end.get(n) == 'untried']
        unreached = is_met(self.spec['max_unreachable'], len(away), self.total)
        if unreached and self.sent:
            self.say('%d hosts were away, and %d were started' % (len(away), len(self.sent)))
        # Those that were lost are told of at the end, where they might yet be taken back.
        lost = [n for n in self.sent if end.get(n) == 'unknown' and n not in self.failed()]
        late = is_met(self.spec['max_fail'], len(self.failed()) + len(lost), self.total)
        if untried and not self.stopped and not late and not unreached:
            self.say('%d hosts are untried, and nothing stopped the run' % len(untried))
        if set(end) != set(self.herd.names):
            self.say('not told of: %s' % (set(self.herd.names) - set(end)))
        for n in untried:
            if n in self.sent:
                self.say('%s is untried, and was started' % n)
        wanted = next((code for state, code in CODES if state in end.values()), 0)
        if self.r.rc != wanted:
            self.say('exit %d, wanted %d of %s' % (self.r.rc, wanted, collections.Counter(end.values())))
        if self.stopped and self.spec['on_failure'] == 'rollback':
            left = [n for n in self.sent if end[n] in ('changed', 'ok')]
            if left:
                self.say('the run was to be taken back, and these are not: %s' % left)

    def hosts(self):
        """The same from the hosts' side: who was acted on, and what became of it."""
        for n in self.herd.names:
            if self.herd.read(n, '/herd/unknown'):
                self.say('%s was asked what nobody foresaw: %s' % (n, self.herd.read(n, '/herd/unknown')))
            acts = self.herd.read(n, '/herd/acts').split()
            if bool(acts) != (n in self.sent):
                self.say('%s: sent says %s, the host %s' % (n, n in self.sent, acts))
            if self.herd.read(n, '/herd/failed') == 'lost\n':
                continue
            other = self.herd.differences(n, self.r.before[n])
            if self.r.end.get(n) == 'changed':
                if self.herd.read(n, '/etc/herd') != '%d\n' % self.r.version:
                    self.say('%s is said to be changed, and is not' % n)
            elif self.r.end.get(n) in ('rolled-back', 'untried', 'unreachable', 'locked', 'refused') and other:
                self.say('%s is %s, and not as it was: %s' % (n, self.r.end[n], other))

    def times(self):
        """By the hosts' own records no act began before all of the batch before it had ended."""
        last, last_end = '', 0.0
        for name, members in self.batches:
            spans = [self.r.span(n) for n in members if self.herd.read(n, '/herd/failed') != 'lost\n']
            spans = [span for span in spans if span]
            if spans and min(spans)[0] < last_end:
                self.say('%s began at %.2f, and %s ended at %.2f' % (name, min(spans)[0], last, last_end))
            last, last_end = name, max([last_end] + [end for _, end in spans])


def judge(r):
    j = Judge(r)
    j.follow()
    j.limits()
    j.hosts()
    j.times()
    return j.faults


def main():
    wanted = int(os.environ.get('FAILURES', '40'))
    seed = int(os.environ.get('SEED', '') or random.SystemRandom().randrange(1 << 30))
    tap = proof.Tap()
    herd = Herd(sys.argv[1])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        herd.up()
        for n in (0, 1):
            archive('image%d.tar' % n, 'localhost/web:%d' % n)
        os.environ['DROVER_INVENTORY'] = os.path.abspath('inventory.yaml')
        os.environ['DROVER_SSH_CONFIG'] = os.path.join(herd.state, 'ssh_config')
        first = Round(herd, seed, 1)
        first.spec.update(canary='0', batch='100%', max_fail='1', max_unreachable='50%')
        first.fate = dict.fromkeys(herd.names, '')
        first.go()
        tap.line('all hosts have the first version', judge(first) + ([first.err[-2000:]] if first.rc else []))
        befell = collections.Counter()
        version = 1
        while sum(befell.values()) < wanted:
            version += 1
            r = Round(herd, seed, version)
            r.go()
            faults = judge(r) + r.proved()
            befell += r.befell
            tap.line('seed %d: %s, %d failures: %s' % (
                seed, ' '.join('%s %s' % (k, v.strip(', ')) for k, v in r.spec.items() if v), sum(r.befell.values()),
                ', '.join('%d %s' % (n, state) for state, n in sorted(collections.Counter(r.end.values()).items()))),
                faults + (['SEED=%d FAILURES=1 tries that again' % seed] if faults else []))
            seed += 1
        print('# %d runs, failures: %s' % (version - 1, ', '.join('%d %s' % (n, k) for k, n in sorted(befell.items()))))
        tap.line('each kind of failure came about', [k for k in set(KINDS) if not befell[k]] if wanted >= 1000 else [])
    finally:
        herd.down()
    tap.end()


if __name__ == '__main__':
    main()
