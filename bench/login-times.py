#!/usr/bin/env python3
"""Whether the time of an answer tells who exists.

Starts a server of its own, guesses at users of several kinds over every protocol and mechanism, in turn and in random order, and compares the times of the answers: for each kind
against names that do not exist, the probability that one of its answers comes later than one of theirs (0.5: no difference) and how many standard deviations that is from 0.5
(the rank test of Mann and Whitney). An attacker with as many tries can tell when that is beyond 4. The words of the answers are compared too.

    bench/login-times.py [--tries 300] [--delay 200ms] [--cost 8] [--ways imap:PLAIN,pop3:password] [--parallel 8]

--delay 0s shows what the checks themselves take; otherwise it is auth_failure_delay, behind which that disappears.
"""
import argparse
import base64
import collections
import hashlib
import hmac
import http.server
import json
import math
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

WAYS = ["imap:password", "imap:PLAIN", "imap:LOGIN", "imap:SCRAM-SHA-256", "pop3:password", "pop3:PLAIN", "pop3:SCRAM-SHA-256", "managesieve:PLAIN", "managesieve:SCRAM-SHA-256"]
NOBODY = "nobody"
USERS = {
    NOBODY: "nobody%d@example.com",
    "user": "user%d@example.com",
    "disabled": "disabled%d@example.com",
    "other scheme": "old%d@example.com",
    "unknown domain": "user%d@nowhere.example",
    "lookup user": "user%d@lookup.example",
    "lookup nobody": "nobody%d@lookup.example",
}
OF_EACH = 5
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def b64(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


class Service(http.server.BaseHTTPRequestHandler):
    """The users of lookup.example."""
    protocol_version = "HTTP/1.1"
    hash = ""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = asked["address"].startswith("user")
        body = json.dumps({"result": "found", "password_hash": Service.hash} if found else {"result": "not_found"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Client:
    """One connection, which can guess again and again."""

    def __init__(self, protocol, port):
        self.protocol = protocol
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(60)
        self.buffer = b""
        while True:
            line = self.line()
            if protocol != "managesieve" or line.startswith("OK"):
                break

    def line(self):
        while b"\r\n" not in self.buffer:
            read = self.socket.recv(65536)
            if not read:
                raise EOFError("the server has closed the connection")
            self.buffer += read
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode()

    def ask(self, text):
        """The time of the answer, and the answer."""
        data = text.encode() + b"\r\n"
        start = time.perf_counter()
        self.socket.sendall(data)
        line = self.line()
        return time.perf_counter() - start, line

    def begin(self, mechanism, initial=None):
        if self.protocol == "imap":
            return f"a AUTHENTICATE {mechanism}" + (f" {initial}" if initial is not None else "")
        if self.protocol == "pop3":
            return f"AUTH {mechanism}" + (f" {initial}" if initial is not None else "")
        return f'AUTHENTICATE "{mechanism}"' + (f' "{initial}"' if initial is not None else "")

    def wrap(self, response):
        return f'"{response}"' if self.protocol == "managesieve" else response

    def guess(self, mechanism, user, password):
        """The times of all answers that could tell something, and what was said."""
        if mechanism == "password" and self.protocol == "imap":
            times = [self.ask(f'a LOGIN "{user}" "{password}"')]
        elif mechanism == "password":
            times = [self.ask(f"USER {user}"), self.ask(f"PASS {password}")]
        elif mechanism == "PLAIN":
            times = [self.ask(self.begin(mechanism, b64(f"\0{user}\0{password}")))]
        elif mechanism == "LOGIN":
            self.ask(self.begin(mechanism))
            times = [self.ask(self.wrap(b64(user))), self.ask(self.wrap(b64(password)))]
        else:
            times = self.scram(mechanism, user, password)
        return [took for took, _ in times], "|".join(line.replace(user, "USER") for _, line in times)

    def scram(self, mechanism, user, password):
        nonce = b64(os.urandom(12))
        bare = f"n={user},r={nonce}"
        took, line = self.ask(self.begin(mechanism, b64("n,," + bare)))
        first = base64.b64decode(line.strip('"').removeprefix("+ ")).decode()
        parts = dict(part.split("=", 1) for part in first.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(parts["s"]), int(parts["i"]))
        without = f"c=biws,r={parts['r']}"
        key = hmac.new(salted, b"Client Key", "sha256").digest()
        signature = hmac.new(hashlib.sha256(key).digest(), f"{bare},{first},{without}".encode(), "sha256").digest()
        proof = bytes(a ^ b for a, b in zip(key, signature))
        last = self.ask(self.wrap(b64(f"{without},p={b64(proof)}")))
        return [(took, f"salt of {len(base64.b64decode(parts['s']))}, i={parts['i']}"), last]

    def close(self):
        self.socket.close()


def ranks(ours, theirs):
    """The probability that one of ours comes later than one of theirs, and its distance from one half in standard deviations."""
    values = sorted([(value, 0) for value in ours] + [(value, 1) for value in theirs])
    total, at, ties = 0.0, 0, 0
    while at < len(values):
        end = at
        while end < len(values) and values[end][0] == values[at][0]:
            end += 1
        rank = (at + 1 + end) / 2
        total += rank * sum(1 for value in values[at:end] if value[1] == 0)
        ties += (end - at) ** 3 - (end - at)
        at = end
    n, m = len(ours), len(theirs)
    u = total - n * (n + 1) / 2
    deviation = math.sqrt(n * m / 12 * ((n + m + 1) - ties / ((n + m) * (n + m - 1))))
    return u / (n * m), (u - n * m / 2) / deviation if deviation else 0.0


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] * 1000


class Server:
    def __init__(self, arguments):
        self.folder = tempfile.mkdtemp(prefix="sora-login-times-")
        self.service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
        threading.Thread(target=self.service.serve_forever, daemon=True).start()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            base = free.getsockname()[1]
        self.ports = {"imap": base + 1, "pop3": base + 3, "managesieve": base + 5}
        self.data = os.path.join(self.folder, "data")
        settings = [f"passwords.bcrypt_cost={arguments.cost}", "login_limits.enabled=false", "audit.logins=none", "sasl.scram=always", "log.level=error"]
        for protocol in self.ports:
            settings += [f"{protocol}.auth_failure_delay={arguments.delay}", f"{protocol}.max_auth_failures=1000"]
        lookup = [f"auth.lookup.url=http://127.0.0.1:{self.service.server_port}/", 'auth.lookup.domains=["lookup.example"]']
        ready = os.path.join(self.folder, "ready.json")
        self.process = subprocess.Popen(
            ["dotnet", os.path.join(arguments.programs, "Sora.Silo", "bin", arguments.configuration, "net10.0", "sora.dll"), "run", "--data", self.data, "--port-base", str(base),
             "--ready-file", ready, *[word for setting in settings + lookup for word in ("--set", setting)]],
            stdout=open(os.path.join(self.folder, "log"), "w"), stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 90
        while not os.path.exists(ready):
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit("the server did not start: " + open(os.path.join(self.folder, "log")).read())
            time.sleep(0.1)
        admin = ["dotnet", os.path.join(arguments.programs, "Sora.Admin", "bin", arguments.configuration, "net10.0", "sora-admin.dll")]
        common = ["--data", self.data, "--set", f"passwords.bcrypt_cost={arguments.cost}"]

        def run(*words, text=None):
            subprocess.run([*admin, *words, *common], input=text, text=True, check=True, stdout=subprocess.DEVNULL)

        def lines(kind, password):
            return "".join(f"{USERS[kind] % number}\t{password}\n" for number in range(OF_EACH))

        run("accounts", "create", "--from-file", "-", text=lines("user", "secret") + lines("disabled", "secret"))
        salt = os.urandom(8)
        Service.hash = "{SSHA512}" + b64(hashlib.sha512(b"secret" + salt).digest() + salt)
        run("accounts", "create", "--from-file", "-", "--hashes", text=lines("other scheme", Service.hash))
        for number in range(OF_EACH):
            run("accounts", "disable", "--email", USERS["disabled"] % number)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.service.shutdown()
        shutil.rmtree(self.folder, ignore_errors=True)


def measure(server, way, tries, parallel):
    protocol, mechanism = way.split(":")
    work = [(kind, number) for kind in USERS for number in range(tries)]
    random.Random(1).shuffle(work)
    found = collections.defaultdict(list)
    words = collections.defaultdict(collections.Counter)
    lock = threading.Lock()
    failures = []

    def guess():
        client, left = None, 0
        try:
            while True:
                with lock:
                    if not work:
                        return
                    kind, number = work.pop()
                if left == 0:
                    if client:
                        client.close()
                    client, left = Client(protocol, server.ports[protocol]), 900
                left -= 1
                times, said = client.guess(mechanism, USERS[kind] % (number % OF_EACH), f"wrong-{number}-{kind[:2]}")
                with lock:
                    found[kind].append(times)
                    words[said][kind] += 1
        except Exception as error:  # a worker that dies must be heard of
            failures.append(error)

    workers = [threading.Thread(target=guess) for _ in range(parallel)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]
    return found, words


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=300)
    parser.add_argument("--delay", default="200ms")
    parser.add_argument("--cost", type=int, default=8)
    parser.add_argument("--parallel", type=int, default=8)
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--programs", default=os.path.join(ROOT, "src"))
    parser.add_argument("--configuration", default="Release")
    arguments = parser.parse_args()
    server = Server(arguments)
    worst = 0.0
    try:
        measure(server, "imap:PLAIN", 20, arguments.parallel)  # everything is compiled and connected afterwards
        for way in arguments.ways.split(","):
            found, words = measure(server, way, arguments.tries, arguments.parallel)
            print(f"\n{way}, {arguments.tries} tries each, auth_failure_delay {arguments.delay}, bcrypt {arguments.cost}")
            if len(words) == 1:
                print(f"  all answers are: {next(iter(words))}")
            else:
                worst = math.inf
                for said, kinds in words.items():
                    print(f"  NOT ALL ALIKE: {said}: {dict(kinds)}")
            steps = len(found[NOBODY][0])
            for step in range(steps):
                base = [times[step] for times in found[NOBODY]]
                print(f"  answer {step + 1} of {steps}{'':12} {'median':>9} {'5 %':>9} {'95 %':>9}    later than nobody's  deviations")
                for kind in USERS:
                    ours = [times[step] for times in found[kind]]
                    probability, z = (0.5, 0.0) if kind == NOBODY else ranks(ours, base)
                    worst = max(worst, abs(z))
                    print(f"    {kind:22} {percentile(ours, 0.5):7.2f}ms {percentile(ours, 0.05):7.2f}ms {percentile(ours, 0.95):7.2f}ms    {probability:19.3f}  {z:10.2f}")
    finally:
        server.stop()
    print(f"\nworst: {worst:.2f} standard deviations; {'nobody can be told from these tries' if worst < 4 else 'THIS TELLS'}")
    return 0 if worst < 4 else 1


if __name__ == "__main__":
    sys.exit(main())
