"""One ssh_config, two clients, real servers: do ssh(1) and drover do the same?

ssheffects.py DROVER DIR [NAME...]: starts sshds of several kinds on this machine, then runs each
configuration below by ssh and by drover, and compares what the servers logged: where the connection
came from, as whom, with which keys in which order, through which hops, by which algorithms (those
that the configuration speaks of), and whether the host's key was taken. A line of TAP each.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

ANY = "KexAlgorithms curve25519-sha256,ecdh-sha2-nistp256,ecdh-sha2-nistp384," \
      "diffie-hellman-group14-sha256,diffie-hellman-group-exchange-sha256\n"
SERVERS = {  # what each has, beside its own host key
    "a": "HostKey {dir}/a_ed25519\nHostKey {dir}/a_ecdsa\nHostKey {dir}/a_rsa\n"
         "AcceptEnv DROVER_*\n" + ANY,
    "b": "HostKey {dir}/b_ecdsa\n" + ANY,
    "j": "HostKey {dir}/j_ed25519\n" + ANY,
    "k": "HostKey {dir}/k_ed25519\n" + ANY,
}
KEYS = ["a_ed25519", "a_ecdsa", "a_rsa", "b_ecdsa", "j_ed25519", "k_ed25519", "id", "id_ecdsa",
        "id_rsa", "wrong", "wrong2", "other"]
SEEN = [
    ("login", r"Accepted \S+ for (\S+) from (\S+) port"),
    ("keys", r"(?:Accepted|Failed) publickey for .* ssh2: (\S+ SHA256:\S+)"),
    ("hop", r"server_request_direct_tcpip: .* target (\S+) port (\d+)"),
    ("kex", r"kex: algorithm: ([^\s(]\S*)"),
    ("hostkey", r"kex: host key algorithm: (\S+)"),
    ("cipher", r"kex: client->server cipher: (\S+) MAC: \S+"),
    ("mac", r"kex: client->server cipher: \S+ MAC: (\S+)"),
]
SPOKEN = {"kex": "kexalgorithms", "hostkey": "hostkeyalgorithms", "cipher": "ciphers",
          "mac": "macs"}

# name, configuration, host, and: end=False (the usual last block is left out), user/port as typed,
# command, env. The last block gives User, IdentityFile and UserKnownHostsFile.
CASES = [
    ("a name for an address", "Host web\n HostName 127.0.0.1\n Port {a}\n", "web"),
    ("HostName with %h", "Host 1\n HostName 127.0.0.%h\n Port {a}\n", "1"),
    ("another port", "Host web\n HostName 127.0.0.1\n Port {b}\n", "web"),
    ("the first value wins", "Host web\n Port {a}\nHost *\n Port {b}\n HostName 127.0.0.1\n",
     "web"),
    ("a pattern that is taken back",
     "Host !web *\n Port {b}\nHost *\n Port {a}\n HostName 127.0.0.1\n", "web"),
    ("another user", "Host web\n HostName 127.0.0.1\n Port {a}\n User {other}\n", "web"),
    ("Match host", "Host web\n HostName 127.0.0.1\nMatch host 127.0.0.1\n Port {a}\n", "web"),
    ("Match originalhost and user",
     "Match originalhost web user root\n Port {b}\nHost *\n HostName 127.0.0.1\n Port {a}\n",
     "web"),
    ("Match exec",
     "Match exec \"test %n = web\"\n Port {a}\nHost *\n HostName 127.0.0.1\n Port {b}\n", "web"),
    ("Match final", "Match final host 127.0.0.1\n Port {a}\nHost web\n HostName 127.0.0.1\n",
     "web"),
    ("Include", "Host web\n Include {dir}/inc_*.conf\n", "web"),
    ("AddressFamily", "Host web\n HostName localhost\n AddressFamily inet\n Port {a}\n", "web"),
    ("IPv6", "Host web\n HostName ::1\n Port {a}\n HostKeyAlias server-a\n", "web"),
    ("BindAddress", "Host web\n HostName 127.0.0.1\n Port {a}\n BindAddress 127.0.0.77\n", "web"),
    ("several keys, in order",
     "Host web\n HostName 127.0.0.1\n Port {a}\n IdentitiesOnly yes\n IdentityFile {dir}/wrong\n"
     " IdentityFile {dir}/wrong2\n", "web"),
    ("a key that is not there", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " IdentityFile {dir}/wrong\n IdentityFile {dir}/none\n", "web"),
    ("only wrong keys", "Host web\n HostName 127.0.0.1\n Port {a}\n User root\n"
     " IdentityFile {dir}/wrong\n IdentityFile {dir}/wrong2\n UserKnownHostsFile {dir}/known\n",
     "web", {"end": False}),
    ("tokens in IdentityFile", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " IdentityFile {dir}/key_%n_%h_%r_%u_%%\n", "web", {"end": "known"}),
    ("the hash of %C", "Host web\n HostName 127.0.0.1\n Port {a}\n User root\n"
     " IdentityFile {dir}/hash_%C\n", "web", {"end": "known", "hash": True}),
    ("a variable in IdentityFile", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " IdentityFile ${{EFFECTS_DIR}}/id\n", "web", {"end": "known"}),
    ("an ecdsa key", "Host web\n HostName 127.0.0.1\n Port {a}\n IdentityFile {dir}/id_ecdsa\n",
     "web", {"end": "known"}),
    ("an rsa key with one signature", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " IdentityFile {dir}/id_rsa\n PubkeyAcceptedAlgorithms rsa-sha2-256\n", "web",
     {"end": "known"}),
    ("a key that PubkeyAcceptedAlgorithms shuts out",
     "Host web\n HostName 127.0.0.1\n Port {a}\n IdentityFile {dir}/id\n"
     " IdentityFile {dir}/id_ecdsa\n PubkeyAcceptedAlgorithms -ssh-ed25519\n", "web",
     {"end": "known"}),
    ("an agent and IdentitiesOnly", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " IdentityAgent {dir}/agent\n IdentitiesOnly yes\n", "web"),
    ("an agent for a key that is public here",
     "Host web\n HostName 127.0.0.1\n Port {a}\n IdentityAgent {dir}/agent\n"
     " IdentitiesOnly yes\n IdentityFile {dir}/pub_only\n", "web", {"end": "known"}),
    ("no agent at all", "Host web\n HostName 127.0.0.1\n Port {a}\n IdentityAgent none\n", "web",
     {"env": {"SSH_AUTH_SOCK": "{dir}/agent"}}),
    ("PubkeyAuthentication no", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " PubkeyAuthentication no\n", "web"),
    ("PreferredAuthentications", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " PreferredAuthentications password,keyboard-interactive\n", "web"),
    ("one cipher", "Host web\n HostName 127.0.0.1\n Port {a}\n Ciphers aes256-ctr\n", "web"),
    ("a cipher that drover takes when it is wanted",
     "Host web\n HostName 127.0.0.1\n Port {a}\n Ciphers aes192-ctr\n", "web"),
    ("ciphers taken out", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " Ciphers -chacha20-poly1305@openssh.com,aes128-ctr\n", "web"),
    ("a cipher to the front", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " Ciphers ^aes256-gcm@openssh.com\n", "web"),
    ("a MAC", "Host web\n HostName 127.0.0.1\n Port {a}\n Ciphers aes128-ctr\n"
     " MACs hmac-sha2-512\n", "web"),
    ("a MAC that is not needed", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " Ciphers aes128-gcm@openssh.com\n MACs umac-128-etm@openssh.com\n", "web"),
    ("a key exchange", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " KexAlgorithms ecdh-sha2-nistp384\n", "web"),
    ("group exchange", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " KexAlgorithms diffie-hellman-group-exchange-sha256\n", "web"),
    ("a key exchange to the front", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " KexAlgorithms ^diffie-hellman-group14-sha256\n", "web"),
    ("no key exchange in common", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " KexAlgorithms diffie-hellman-group16-sha512\n", "web"),
    ("a host key of one kind", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " HostKeyAlgorithms rsa-sha2-256\n UserKnownHostsFile {dir}/known_rsa\n", "web"),
    ("host keys in order", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " HostKeyAlgorithms ecdsa-sha2-nistp256,ssh-ed25519\n"
     " UserKnownHostsFile {dir}/known_all\n", "web"),
    ("the kind that is known goes first", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " HostKeyAlgorithms -*cert*\n UserKnownHostsFile {dir}/known_rsa\n", "web"),
    ("another kind than the known one", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " HostKeyAlgorithms ecdsa-sha2-nistp256\n UserKnownHostsFile {dir}/known_rsa\n", "web"),
    ("an unknown key", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " UserKnownHostsFile {dir}/empty\n", "web"),
    ("an unknown key and StrictHostKeyChecking yes",
     "Host web\n HostName 127.0.0.1\n Port {a}\n UserKnownHostsFile {dir}/empty\n"
     " StrictHostKeyChecking yes\n", "web"),
    ("no file of known keys", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " UserKnownHostsFile none\n", "web"),
    ("another key than the known one", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " UserKnownHostsFile {dir}/known_changed\n", "web"),
    ("a revoked key", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " UserKnownHostsFile {dir}/known_revoked\n", "web"),
    ("a hashed name", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " UserKnownHostsFile {dir}/known_hashed\n", "web"),
    ("a pattern of names", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " UserKnownHostsFile {dir}/known_pattern\n", "web"),
    ("GlobalKnownHostsFile", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " UserKnownHostsFile {dir}/empty\n GlobalKnownHostsFile {dir}/known\n", "web"),
    ("two files of known keys", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " UserKnownHostsFile {dir}/empty {dir}/known\n", "web"),
    ("HostKeyAlias", "Host web\n HostName 127.0.0.1\n Port {a}\n HostKeyAlias server-a\n"
     " UserKnownHostsFile {dir}/known_alias\n", "web"),
    ("HostKeyAlias that nobody knows", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " HostKeyAlias stranger\n", "web"),
    ("SetEnv", "Host web\n HostName 127.0.0.1\n Port {a}\n SetEnv DROVER_A=one DROVER_B=two\n",
     "web", {"command": "echo $DROVER_A $DROVER_B"}),
    ("RemoteCommand", "Host web\n HostName 127.0.0.1\n Port {a}\n RemoteCommand uptime\n", "web"),
    ("ProxyCommand", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " ProxyCommand busybox nc %h %p\n", "web"),
    ("ProxyJump", "Host web\n HostName 127.0.0.1\n Port {a}\n ProxyJump gate\n"
     "Host gate\n HostName 127.0.0.1\n Port {j}\n", "web"),
    ("ProxyJump with user and port", "Host web\n HostName 127.0.0.1\n Port {a}\n"
     " ProxyJump {other}@127.0.0.1:{j}\n", "web"),
    ("two hops", "Host web\n HostName 127.0.0.1\n Port {a}\n ProxyJump gate,inner\n"
     "Host gate\n HostName 127.0.0.1\n Port {j}\n"
     "Host inner\n HostName 127.0.0.1\n Port {k}\n", "web"),
    ("a hop that has a hop", "Host web\n HostName 127.0.0.1\n Port {a}\n ProxyJump inner\n"
     "Host gate\n HostName 127.0.0.1\n Port {j}\n User {other}\n"
     "Host inner\n HostName 127.0.0.1\n Port {k}\n ProxyJump gate\n", "web"),
    ("an unknown key at a hop", "Host web\n HostName 127.0.0.1\n Port {a}\n ProxyJump gate\n"
     "Host gate\n HostName 127.0.0.1\n Port {j}\n UserKnownHostsFile {dir}/empty\n", "web"),
    ("ProxyJump none", "Match originalhost web\n ProxyJump none\n"
     "Host *\n ProxyJump 127.0.0.1:{j}\n HostName 127.0.0.1\n Port {a}\n", "web"),
]
END = "Host *\n User root\n GlobalKnownHostsFile none\n"


class Bench:
    def __init__(self, drover, top):
        self.drover, self.dir, self.at, self.ports = drover, top, {}, {}
        self.children, self.env = [], dict(os.environ, EFFECTS_DIR=top)
        self.env.pop("SSH_AUTH_SOCK", None)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.path(name), 0o600)

    def read(self, name):
        with open(self.path(name), encoding="utf-8", errors="replace") as f:
            return f.read()

    def fill(self, text):
        other = "drover-farm" if has_user("drover-farm") else "root"
        return text.format(dir=self.dir, other=other, **self.ports)

    def launch(self, *argv):
        child = subprocess.Popen(("setpriv", "--pdeathsig", "KILL") + argv,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        self.children.append(child)

    def keys(self):
        kinds = {"ecdsa": "ecdsa", "rsa": "rsa"}
        for name in KEYS:
            kind = kinds.get(name.split("_")[-1], "ed25519")
            bits = ["-b", "2048"] if kind == "rsa" else []
            subprocess.run(["ssh-keygen", "-q", "-t", kind, *bits, "-N", "", "-C", name, "-f",
                            self.path(name)], check=True)
        self.write("authorized", "".join(self.read(n + ".pub")
                                         for n in ("id", "id_ecdsa", "id_rsa", "other")))
        os.chmod(self.path("authorized"), 0o644)
        me = "root"
        shutil.copy(self.path("id"), self.path("key_web_127.0.0.1_root_%s_%%" % me))
        shutil.copy(self.path("other.pub"), self.path("pub_only.pub"))
        self.write("pub_only", self.read("other.pub"))

    def known(self):
        def line(name, server, kind, mark=""):
            return "%s%s %s\n" % (mark, name, " ".join(
                self.read("%s_%s.pub" % (server, kind)).split()[:2]))

        def at(server):
            return "[127.0.0.1]:%d" % self.ports[server]

        usual = "".join(line(at(s), s, k) for s, k in
                        (("a", "ed25519"), ("b", "ecdsa"), ("j", "ed25519"), ("k", "ed25519")))
        usual += line("[localhost]:%d" % self.ports["a"], "a", "ed25519")
        usual += line("server-a", "a", "ed25519")
        self.write("known", usual)
        self.write("empty", "")
        self.write("known_rsa", line(at("a"), "a", "rsa"))
        self.write("known_all", "".join(line(at("a"), "a", k) for k in ("rsa", "ecdsa", "ed25519")))
        self.write("known_changed", line(at("a"), "j", "ed25519"))
        self.write("known_revoked", usual + line("*", "a", "ed25519", "@revoked "))
        self.write("known_pattern", line("[127.0.*]:%d,!web" % self.ports["a"], "a", "ed25519"))
        self.write("known_alias", line("server-a", "a", "ed25519"))
        self.write("known_hashed", usual)
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", self.path("known_hashed")], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.write("inc_1.conf", self.fill("HostName 127.0.0.1\nPort {a}\n"))

    def lenient(self, name):
        """Newer servers hold off an address that comes often and rudely; older ones do not know the word."""
        word = "PerSourcePenalties"
        known = subprocess.run(("/usr/sbin/sshd", "-t", "-f", self.path(name), "-o", word + "=no"),
                               stderr=subprocess.DEVNULL, check=False)
        if known.returncode == 0:
            self.write(name, word + " no\n" + self.read(name))

    def servers(self):
        os.makedirs("/run/sshd", exist_ok=True)
        ports = free_ports(len(SERVERS))
        for name, lines in SERVERS.items():
            port = self.ports[name] = ports.pop()
            self.write("sshd_" + name, lines.format(dir=self.dir) +
                       "Port %d\nListenAddress 127.0.0.1\nListenAddress ::1\n"
                       "AuthorizedKeysFile %s\nStrictModes no\nUsePAM no\nUseDNS no\n"
                       "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
                       "PrintMotd no\nPidFile none\nLogLevel DEBUG1\nPermitRootLogin yes\n"
                       "MaxStartups 100\n" % (port, self.path("authorized")))
            self.lenient("sshd_" + name)
            self.launch("/usr/sbin/sshd", "-D", "-f", self.path("sshd_" + name), "-E",
                        self.path("log_" + name))
        for port in self.ports.values():
            wait_for(lambda p=port: answers(p), "an sshd does not answer")

    def agent(self):
        self.launch("ssh-agent", "-D", "-a", self.path("agent"))
        wait_for(lambda: listens(self.path("agent")), "no agent")
        subprocess.run(["ssh-add", "-q", self.path("wrong"), self.path("other"), self.path("id")],
                       check=True, env=dict(self.env, SSH_AUTH_SOCK=self.path("agent")))

    def start(self):
        os.makedirs(self.dir, exist_ok=True)
        os.chmod(self.dir, 0o755)
        self.keys()
        self.servers()
        self.known()
        self.agent()

    def stop(self):
        for child in self.children:
            child.send_signal(signal.SIGTERM)
        for child in self.children:
            child.wait()

    def logged(self, since):
        """What each server logged since then."""
        seen = {}
        for name in SERVERS:
            text = self.read("log_" + name)[since.get(name, 0):]
            for what, pattern in SEEN:
                got = [" ".join(m) if isinstance(m, tuple) else m
                       for m in re.findall(pattern, text)]
                if what == "keys":
                    got = [k for i, k in enumerate(got) if k not in got[:i]]
                if got:
                    seen[name + "." + what] = got
        return seen

    def run(self, argv, env):
        since = {name: len(self.read("log_" + name)) for name in SERVERS}
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120, check=False, cwd=self.dir, env=dict(self.env, **env))
        return done, self.logged(since)

    def both(self, case):
        _, config, host = case[:3]
        extra = case[3] if len(case) > 3 else {}
        end = extra.get("end", True)
        config = self.fill(config)
        if end:
            config += END + " UserKnownHostsFile %s\n" % self.path("known")
        if end is True:
            config += " IdentityFile %s\n" % self.path("id")
        self.write("config", config)
        if extra.get("hash"):
            self.make_hash(host)
        env = {k: self.fill(v) for k, v in extra.get("env", {}).items()}
        command = extra.get("command", "true")
        ssh = self.run(["ssh", "-F", self.path("config"), "-o", "BatchMode=yes", "-T", host,
                        command], env)
        ours = self.run([self.drover, "-i", host, "-F", self.path("config"), "--trust-file",
                         self.path("own"), "--no-input", "run", "@all", "--", command], env)
        return config, ssh, ours

    def make_hash(self, host):
        said = subprocess.run(["ssh", "-G", "-F", self.path("config"), "-o", "ControlPath=/%C",
                               host], capture_output=True, text=True, check=True).stdout
        name = re.search(r"^controlpath /(\S+)$", said, re.M).group(1)
        shutil.copy(self.path("id"), self.path("hash_" + name))


def has_user(name):
    return subprocess.run(["id", name], capture_output=True, check=False).returncode == 0


def free_ports(n):
    held = [socket.socket() for _ in range(n)]
    for s in held:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
    except OSError:
        return False
    return True


def answers(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def listens(path):
    with socket.socket(socket.AF_UNIX) as s:
        return s.connect_ex(path) == 0


def wait_for(done, what):
    until = time.monotonic() + 60
    while not done():
        if time.monotonic() > until:
            raise SystemExit("# " + what)
        time.sleep(0.02)


def verdict(done, ours):
    """In one word how it ended."""
    said = done.stderr + (done.stdout if ours else "")
    if done.returncode == 0:
        return "ok"
    for word, pattern in (
            ("command", r"remote command|RemoteCommand"),
            ("host key", r"Host key verification failed|host key|REVOKED"),
            ("algorithms", r"no match|nothing in common|no matching"),
            ("login", r"Permission denied|is refused with|nobody to ask for a password|no way to log in")):
        if re.search(word if word == pattern else pattern, said, re.I):
            return word
    return "exit %d: %s" % (done.returncode, said.strip())


def compare(config, ssh, ours):
    """What differs between the two, a line each."""
    spoken = config.lower()
    wrong = []
    a, b = verdict(ssh[0], False), verdict(ours[0], True)
    if a != b:
        wrong.append("ssh: %s; drover: %s" % (a, b))
    for what in sorted(set(ssh[1]) | set(ours[1])):
        key = SPOKEN.get(what.split(".")[1])
        if key and key not in spoken:
            continue
        if ssh[1].get(what) != ours[1].get(what):
            wrong.append("%s: ssh %s, drover %s" % (what, ssh[1].get(what), ours[1].get(what)))
    if "echo" in str(ssh[0].args) and ssh[0].stdout.strip() not in ours[0].stdout:
        wrong.append("ssh said %r, drover %r" % (ssh[0].stdout, ours[0].stdout))
    if not ssh[1] and not ours[1] and a == "ok":
        wrong.append("no server logged anything")
    return wrong


def main():
    bench = Bench(sys.argv[1], sys.argv[2])
    bench.start()
    count = 0
    try:
        for case in CASES:
            if len(sys.argv) > 3 and case[0] not in sys.argv[3:]:
                continue
            if "::1" in case[1] and not has_ipv6():
                continue
            config, ssh, ours = bench.both(case)
            wrong = compare(config, ssh, ours)
            count += 1
            print("%s %d - %s" % ("not ok" if wrong else "ok", count, case[0]))
            for line in wrong + ([ours[0].stderr, ssh[0].stderr] if wrong else []):
                print("# " + line.strip().replace("\n", "\n# "))
            sys.stdout.flush()
    finally:
        bench.stop()


if __name__ == "__main__":
    main()
