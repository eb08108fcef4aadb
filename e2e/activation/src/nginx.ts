import { freePort } from '@idle-shutdown/conformance/program'
import { missingPackage, unpacked, withLibraries } from './debian.ts'
import { Keeper } from './keeper.ts'
import type { Supervisor } from './supervisor.ts'
import { isListening } from './target.ts'
import { Workplace } from './workplace.ts'

/** Returns the reason why nginx cannot run here, or `undefined` if it can. */
export function missingNginx(): string | undefined {
  return missingPackage('nginx', 'usr/sbin/nginx')
}

/**
 * Starts an nginx that closes connections after `patience` ms without a request. It is the reference for clients of a
 * server that ends.
 */
export async function startNginx(patience: number): Promise<Supervisor> {
  const port = await freePort()
  const workplace = new Workplace()
  const folder = workplace.folder
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder};`)
  const config = `
    daemon off;
    master_process off;
    pid ${folder}/pid;
    error_log ${folder}/output;
    events {}
    http {
      access_log off;
      ${temporary.join('\n      ')}
      keepalive_timeout ${patience}ms;
      server {
        listen 127.0.0.1:${port};
        location / { return 200 "$uri 0 nginx\\n"; }
      }
    }`
  workplace.write({ 'nginx.conf': config })
  const nginx = [unpacked('usr/sbin/nginx') ?? 'nginx', '-p', folder, '-c', workplace.path('nginx.conf')]
  const keeper = new Keeper(withLibraries(nginx), { folder })
  await keeper.up(() => isListening(port))
  return {
    targets: [{ host: '127.0.0.1', port }],
    starts: () => 0,
    told: () => keeper.output + workplace.read('output'),
    [Symbol.asyncDispose]: () => keeper[Symbol.asyncDispose](),
  }
}
