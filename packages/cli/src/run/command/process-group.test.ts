import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ProcessGroup } from './process-group.ts'

vi.setConfig({ testTimeout: 60_000 })

/** The number of the system call that ends a single thread. */
const EXIT = new Map([
  ['x64', 60],
  ['arm64', 93],
]).get(process.arch)
const hasPerl = process.platform === 'linux' && spawnSync('perl', ['-Mthreads', '-e', '1']).status === 0
if (!hasPerl) console.log('skipped: a process whose first thread ends before its last, since no Perl has threads here')

/** On SIGTERM, the first thread ends at once, and the second half a second later. Until then, the port is open. */
const LISTENS = `
  use Socket; use threads; use threads::shared;
  $| = 1;
  my $ends :shared = 0;
  socket(my $server, PF_INET, SOCK_STREAM, 0);
  bind($server, sockaddr_in(0, INADDR_LOOPBACK)) && listen($server, 5) or die $!;
  $SIG{TERM} = sub { $ends = 1; syscall(${EXIT}, 0) };
  threads->create(sub { select(undef, undef, undef, 0.05) until $ends; select(undef, undef, undef, 0.5) });
  print((sockaddr_in(getsockname($server)))[0], "\\n");
  sleep 1 while 1;
`

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

test.skipIf(EXIT === undefined || !hasPerl)(
  'a process whose first thread has ended is waited for until its last one has',
  async () => {
    const child = spawn('perl', ['-e', LISTENS], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    const [line] = await once(child.stdout, 'data')
    expect(await accepts(Number(line))).toBe(true)
    await new ProcessGroup(child.pid ?? 0).end([], 20_000)
    expect(await accepts(Number(line))).toBe(false)
  },
)
