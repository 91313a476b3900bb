"""Writes playbooks whose values a shell, systemd or podman might read as something else, and tells from a
running process whether they arrived. Commands: write; refused; compare PID-FILES-DIRECTORY."""

import json
import subprocess
import sys

ASCII = ''.join(chr(c) for c in range(0x20, 0x7f)).replace('{{', '{ {')
VALUES = ['', ' lead and trail ', '%n %i %% % %{x} %%n', '$HOME ${HOME} $$ $', 'a"b\'c`d`', 'a;b ; c', 'a \\ b \\n \\x41 \\',
          '-x', '--env=PWNED=1', '#c', '@-+!:|', '*?[a] ~', '\u00e9 \u00fc \u6f22 \U0001f600', 'tab\tx',
          'one\nExecStartPre=/bin/touch /root/pwned\n[Service]\nUser=nobody', 'ends in a line\n', '$(touch /root/pwned)',
          ASCII, ''.join(chr(c) for c in [9, 10, *range(0x20, 0x7f), *range(0xa0, 0x180)] if c not in (0x7b, 0x7d)),
          '{ } %s %d \\', 'x' * 3000]
SMALL = 'localhost/site:1'


def app(name='rt', **more):
    return {'name': 'roundtrip', 'hosts': 'web1,web2', 'rollout': {'canary': 2},
            'apps': {name: {'image': SMALL, **more}}}


def refusals():
    """Each a playbook that must not pass."""
    bad = ['a b', 'a\nb', 'a;b', '$(id)', '%n', '"', "'", '--privileged', '../../x', 'a\\', 'a,b c', '']
    for value in bad:
        yield 'image', value, app(image=value)
        yield 'env name', value, app(env={value: 'x'})
        if value != 'a,b c':
            yield 'volume', value, app(files={'/data': {'volume': value}})
        yield 'bind', value, app(ports={'http': {'container': 80, 'bind': value}})
        yield 'port name', value, app(ports={value: 80})
        yield 'app name', value, app(name=value or ' ')
        yield 'memory', value, app(limits={'memory': value})
    for value in ['/a b\nc', 'relative', '/a:b', '/../x', '/a,ro', '']:
        yield 'file path', value, app(files={value: {'content': 'x'}})
    for value in [':http/\nx', ':80/a b', '%n', ':80/\r\nHost: x']:
        yield 'health', value, app(ports={'http': 80}, health={'http': value})
    yield 'env value with NUL', 'a\0b', app(env={'A': 'a\0b'})
    yield 'env value with ESC', 'a\033b', app(env={'A': 'a\033b'})
    for value in ['a b.service', 'a\nb.service', '-x.service', '../x.service']:
        yield 'service', value, {'name': 'x', 'hosts': 'web1', 'tasks': [{'service': {'name': value, 'state': 'started'}}]}
        yield 'then', value, {'name': 'x', 'hosts': 'web1', 'tasks': [
            {'file': {'path': '/root/x', 'content': 'x'}, 'then': 'restart ' + value}]}


def write():
    with open('all.bin', 'wb') as f:
        f.write(bytes(range(256)) * 3 + b'no newline')
    with open('rt.service', 'wb') as f:
        f.write('[Service]\n# \u00e9 {{ not evaluated }} $x %n \\\n# tail\nType=oneshot\nRemainAfterExit=yes\n'
                'ExecStart=/bin/sh -c "printf %%s \'%n $$HOME\' >/root/rt-unit"\n'.encode())
    book = app(env={'V%d' % i: v for i, v in enumerate(VALUES)}, command=['/bin/sh', '-c', 'sleep 1000; exit', *VALUES])
    book['tasks'] = [{'file': {'path': '/root/all bytes', 'source': 'all.bin'}}, {'unit': 'rt.service'}] + [
        {'run': ['sh', '-c', 'mkdir -p /root/rt; printf %s "$V" >/root/rt/e$N; printf %s "$0" >/root/rt/a$N', v],
         'env': {'V': v, 'N': str(i)}, 'creates': '/root/rt/a%d' % i} for i, v in enumerate(VALUES)] + [
        {'file': {'path': '/root/rt/f%d' % i, 'content': v}} for i, v in enumerate(VALUES)]
    with open('rt.yaml', 'w') as f:
        json.dump(book, f, ensure_ascii=False)


def refused(drover):
    for what, value, book in [('', '', app()), *refusals()]:
        with open('bad.yaml', 'w') as f:
            json.dump(book, f, ensure_ascii=False)
        p = subprocess.run([drover, 'lint', 'bad.yaml'], capture_output=True, text=True)
        if not what:
            assert p.returncode == 0, p.stderr
        elif p.returncode != 3 or 'bad.yaml:1:' not in p.stderr + p.stdout:
            print('%s %r: exit %d %s' % (what, value, p.returncode, p.stderr[:200]))


def compare(where):
    """environ, cmdline of the container's process, and e0, a0, f0 and so on."""
    env = dict(line.split(b'=', 1) for line in open(where + '/environ', 'rb').read().split(b'\0') if b'=' in line)
    args = open(where + '/cmdline', 'rb').read().split(b'\0')[:-1]
    for i, v in enumerate(VALUES):
        raw = v.encode()
        if env.get(b'V%d' % i) != raw:
            print('env %r arrived as %r' % (v, env.get(b'V%d' % i)))
        if args[3 + i:4 + i] != [raw]:
            print('argument %r arrived as %r' % (v, args[3 + i:4 + i]))
        for kind, name in ('e', 'env of a run'), ('a', 'argument of a run'), ('f', 'content'):
            got = open('%s/%s%d' % (where, kind, i), 'rb').read()
            if got != raw:
                print('%s %r arrived as %r' % (name, v, got))
    if len(args) != 3 + len(VALUES):
        print('%d arguments arrived, %d were given' % (len(args), 3 + len(VALUES)))


{'write': write, 'refused': refused, 'compare': compare}[sys.argv[1]](*sys.argv[2:])
