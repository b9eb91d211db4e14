# A program in a terminal: python3 terminal.py <columns> <rows> <program> <argument>…
# stdin: a JSON line each, {"resize": [columns, rows]}, {"input": text}, {"signal": number}. stdout: what the program wrote, as it wrote it.
# stderr, when it is over: {"code", "signal", "cooked": whether the terminal shows what is typed, and sends it line by line}.
import fcntl, json, os, pty, select, signal, struct, sys, termios


def resize(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


columns, rows = int(sys.argv[1]), int(sys.argv[2])
master, slave = pty.openpty()
resize(slave, columns, rows)
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in range(3):
        os.dup2(slave, fd)
    os.closerange(3, 256)
    os.execvp(sys.argv[3], sys.argv[3:])


def obey(line):
    order = json.loads(line)
    if "resize" in order:
        resize(slave, *order["resize"])
    if "input" in order:
        os.write(master, order["input"].encode())
    if "signal" in order:
        os.kill(pid, order["signal"])


def pass_on(seconds):
    ready, _, _ = select.select([master], [], [], seconds)
    if ready:
        os.write(1, os.read(master, 65536))
    return bool(ready)


rest = b""
is_asked = True
while True:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        break
    ready, _, _ = select.select([master] + ([0] if is_asked else []), [], [], 0.02)
    if 0 in ready:
        data = os.read(0, 65536)
        is_asked = data != b""
        if not is_asked:
            os.kill(pid, signal.SIGKILL)
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            obey(line)
    if master in ready:
        os.write(1, os.read(master, 65536))
while pass_on(0.1):
    pass
modes = termios.tcgetattr(slave)[3]
cooked = bool(modes & termios.ECHO) and bool(modes & termios.ICANON)
code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
sys.stderr.write(json.dumps({"code": code, "signal": number, "cooked": cooked}))
