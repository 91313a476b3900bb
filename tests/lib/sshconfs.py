"""Configurations of ssh by the hundred, always the same for one seed.

sshconfs.py DIR COUNT [SEED]: writes DIR/NNN/config with what it includes, and prints a line
"NNN HOST" for each host that is worth asking it about.
"""
import os
import random
import sys

HOSTS = ["web1", "web2", "db1", "db-2.example.org", "cache.eu.example.org", "bastion", "192.0.2.7",
         "node_1", "WEB3", "2001:db8::7"]
PATTERNS = ["*", "web*", "db?", "*.example.org", "!db1 *", "web1 web2", "192.0.2.*", "bastion",
            "*.eu.*", "!*.eu.* *.example.org", "node_?", "web[12]", "WEB*", "2001:*", "none"]
MATCHES = ["all", "host web*", "host=db1", "originalhost web1", "user deploy", "!user deploy",
           "host *.example.org user root", "localuser root", "localuser nobody",
           "final host web*", "exec true", "exec false", 'exec "test %h = web1"',
           "host !db1,*", "originalhost *1 host *", "canonical all", "final all"]
CIPHERS = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com",
           "aes128-ctr", "aes192-ctr", "aes256-ctr", "3des-cbc", "aes128-cbc"]
KEX = ["curve25519-sha256", "ecdh-sha2-nistp256", "ecdh-sha2-nistp521",
       "diffie-hellman-group14-sha256", "diffie-hellman-group-exchange-sha256",
       "sntrup761x25519-sha512@openssh.com", "diffie-hellman-group14-sha1"]
MACS = ["hmac-sha2-256", "hmac-sha2-512-etm@openssh.com", "umac-128-etm@openssh.com", "hmac-sha1"]
HOSTKEYS = ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256",
            "ssh-ed25519-cert-v01@openssh.com", "ssh-rsa"]


def some(rng, names):
    got = rng.sample(names, rng.randint(1, 3))
    return rng.choice(["", "", "+", "-", "^"]) + ",".join(got)


def flag(rng):
    return rng.choice(["yes", "no"])


KEYS = [
    ("User", lambda r: r.choice(["root", "deploy", '"deploy"'])),
    ("Port", lambda r: str(r.choice([22, 2222, 65535]))),
    ("HostName", lambda r: r.choice(["192.0.2.9", "%h.internal", "x-%h", "::1", "127.0.0.1"])),
    ("IdentityFile", lambda r: r.choice(["~/.ssh/%h", "~/.ssh/id_%r_%n_%p", "/keys/%C", "none",
                                         "/k/%u-%i-%L%%", '"/with blank/key"',
                                         "${SSHCONFS_DIR}/key", "~/.ssh/id_ed25519"])),
    ("CertificateFile", lambda r: r.choice(["~/.ssh/c-cert.pub", "/certs/%n"])),
    ("IdentitiesOnly", flag),
    ("IdentityAgent", lambda r: r.choice(["none", "SSH_AUTH_SOCK", "~/agent", "/run/%u.sock",
                                          "$AGENT_VAR", "${SSHCONFS_DIR}/agent"])),
    ("ProxyJump", lambda r: r.choice(["bastion", "me@bastion:2200", "a,b,c", "none",
                                      "me@[2001:db8::1]:22,b", "ssh://you@gate:99"])),
    ("ProxyCommand", lambda r: r.choice(["nc %h %p", "none", "exec ssh -W %h:%p gate"])),
    ("UserKnownHostsFile", lambda r: r.choice(["none", "/dev/null", "~/.ssh/k1 ~/.ssh/k2",
                                               "/known/%h", '"/with blank/known"'])),
    ("GlobalKnownHostsFile", lambda r: r.choice(["none", "/etc/known1 /etc/known2"])),
    ("StrictHostKeyChecking", lambda r: r.choice(["yes", "no", "ask", "accept-new", "off"])),
    ("HostKeyAlias", lambda r: r.choice(["herd", "web-alias", "none"])),
    ("CheckHostIP", flag),
    ("KexAlgorithms", lambda r: some(r, KEX)),
    ("Ciphers", lambda r: some(r, CIPHERS)),
    ("MACs", lambda r: some(r, MACS)),
    ("HostKeyAlgorithms", lambda r: some(r, HOSTKEYS)),
    ("PubkeyAcceptedAlgorithms", lambda r: some(r, HOSTKEYS)),
    ("ConnectTimeout", lambda r: r.choice(["none", "5", "90", "2m"])),
    ("ConnectionAttempts", lambda r: str(r.randint(1, 4))),
    ("ServerAliveInterval", lambda r: r.choice(["0", "15", "1m"])),
    ("ServerAliveCountMax", lambda r: str(r.randint(1, 9))),
    ("AddressFamily", lambda r: r.choice(["any", "inet", "inet6"])),
    ("BindAddress", lambda r: r.choice(["127.0.0.9", "::1"])),
    ("BindInterface", lambda r: "lo"),
    ("SetEnv", lambda r: r.choice(["A=1", "A=1 B=2", '"C=with blank"'])),
    ("SendEnv", lambda r: r.choice(["LANG", "LC_* X"])),
    ("PubkeyAuthentication", lambda r: r.choice(["yes", "no", "unbound", "host-bound"])),
    ("PasswordAuthentication", flag),
    ("KbdInteractiveAuthentication", flag),
    ("PreferredAuthentications", lambda r: r.choice(["publickey", "publickey,password",
                                                     "keyboard-interactive,publickey"])),
    ("RequiredRSASize", lambda r: r.choice(["1024", "3072"])),
    ("RemoteCommand", lambda r: r.choice(["none", "uptime -p"])),
    ("ForwardAgent", flag),
    ("ForwardX11", flag),
    ("LocalForward", lambda r: "%d localhost:80" % r.randint(8000, 8003)),
    ("RemoteForward", lambda r: "%d localhost:80" % r.randint(9000, 9003)),
    ("DynamicForward", lambda r: str(r.randint(1080, 1083))),
    ("ControlMaster", lambda r: r.choice(["auto", "no"])),
    ("ControlPath", lambda r: r.choice(["~/.ssh/%r@%h:%p", "none", "/run/%C"])),
    ("ControlPersist", lambda r: r.choice(["yes", "60", "no"])),
    ("Compression", flag),
    ("TCPKeepAlive", flag),
    ("RekeyLimit", lambda r: r.choice(["1G 1h", "default none"])),
    ("LogLevel", lambda r: r.choice(["QUIET", "DEBUG"])),
    ("VerifyHostKeyDNS", lambda r: r.choice(["yes", "no", "ask"])),
    ("UpdateHostKeys", lambda r: r.choice(["yes", "no", "ask"])),
    ("HashKnownHosts", flag),
    ("CanonicalizeHostname", lambda r: "no"),
    ("RequestTTY", lambda r: r.choice(["auto", "force"])),
    ("PermitLocalCommand", flag),
    ("GSSAPIAuthentication", flag),
    ("PKCS11Provider", lambda r: r.choice(["none", "/usr/lib/p11.so"])),
    ("KnownHostsCommand", lambda r: r.choice(["none", "/usr/bin/known %H"])),
    ("RevokedHostKeys", lambda r: "/etc/revoked"),
    ("EscapeChar", lambda r: r.choice(["~", "none"])),
    ("IPQoS", lambda r: r.choice(["ef", "lowdelay throughput"])),
]


def setting(rng):
    key, value = rng.choice(KEYS)
    key = rng.choice([key, key.lower(), key.upper()])
    between = rng.choice([" ", " ", "  ", "=", " = ", "\t"])
    return rng.choice(["", "    ", "\t"]) + key + between + value(rng)


def block(rng, depth, include):
    lines = []
    kind = rng.random()
    if kind < 0.55:
        lines.append(rng.choice(["Host ", "host ", "Host="]) + rng.choice(PATTERNS))
    elif kind < 0.8:
        lines.append("Match " + rng.choice(MATCHES))
    for _ in range(rng.randint(1, 6)):
        lines.append(setting(rng))
    if rng.random() < 0.15:
        lines.append("  # a comment with Host *")
    if depth < 2 and rng.random() < 0.25:
        lines.append("Include " + include(rng, depth + 1))
    return lines


def write(path, rng, depth, include):
    lines = []
    for _ in range(rng.randint(1, 5 - depth)):
        lines += block(rng, depth, include)
        lines.append("")
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    os.chmod(path, 0o600)


def generate(top, count, seed):
    for n in range(count):
        rng = random.Random(seed * 100003 + n)
        place = os.path.join(top, "%03d" % n)
        os.makedirs(place, exist_ok=True)
        made = [0]

        def include(r, depth, place=place, made=made):
            made[0] += 1
            name = os.path.join(place, "inc%d.conf" % made[0])
            write(name, r, depth, include)
            return r.choice([name, os.path.join(place, "inc%d*.conf" % made[0]),
                             name + " /nonexistent/*.conf", '"%s"' % name])

        write(os.path.join(place, "config"), rng, 0, include)
        for host in rng.sample(HOSTS, 2 if n % 4 == 0 else 1):
            yield "%03d" % n, host


if __name__ == "__main__":
    for number, name in generate(sys.argv[1], int(sys.argv[2]),
                                 int(sys.argv[3]) if len(sys.argv) > 3 else 1):
        print(number, name)
