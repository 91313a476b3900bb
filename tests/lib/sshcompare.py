"""Is drover config host what ssh -G says? sshcompare.py DROVER DIR <LIST: names what differs, and ends
with how many were compared. LIST has lines "NNN HOST" for DIR/NNN/config."""
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

MANY = {"identityfile", "certificatefile", "sendenv", "setenv", "localforward", "remoteforward",
        "dynamicforward"}
OURS = ("v", "from", "not_honoured", "effective")


def run(*argv):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, timeout=60)


def wanted_of(text):
    got = {}
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        got.setdefault(key.lower(), []).append(value)
    return {k: v if k in MANY else v[0] for k, v in got.items()}


def compare(drover, config, host):
    ssh = run("ssh", "-G", "-F", config, "--", host)
    ours = run(drover, "config", "host", host, "--json", "-F", config)
    if ssh.returncode != 0:
        if ours.returncode != 3 or ssh.stderr.strip().splitlines()[-1] not in ours.stderr:
            return ["ssh: %s drover: %s" % (ssh.stderr.strip(), ours.stderr.strip())]
        return []
    if ours.returncode != 0:
        return ["drover: exit %d: %s" % (ours.returncode, ours.stderr.strip())]
    wanted = wanted_of(ssh.stdout)
    got = {k: v for k, v in json.loads(ours.stdout).items() if k not in OURS}
    return ["%s: drover %r, ssh %r" % (k, got.get(k), wanted.get(k))
            for k in sorted(set(got) | set(wanted)) if got.get(k) != wanted.get(k)]


def main():
    drover, top = sys.argv[1:3]
    asked = [line.split() for line in sys.stdin]
    with ThreadPoolExecutor(2) as pool:
        said = pool.map(lambda a: compare(drover, os.path.join(top, a[0], "config"), a[1]), asked)
        for (number, host), different in zip(asked, said):
            for line in different:
                print("%s %s %s" % (number, host, line))
    print("%d configurations, %d questions" % (len({a[0] for a in asked}), len(asked)))


main()
