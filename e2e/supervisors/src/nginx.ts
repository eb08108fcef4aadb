import { freePort } from '@idle-shutdown/testing'
import { isListening } from './address.ts'
import { missingPackage, unpacked, withLibraries } from './debian.ts'
import { ProcessGuard } from './process-guard.ts'
import type { Supervisor } from './supervisor.ts'
import { TempFolder } from './temp-folder.ts'

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
  const temp = new TempFolder()
  const folder = temp.folder
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
  temp.write({ 'nginx.conf': config })
  const nginx = [unpacked('usr/sbin/nginx') ?? 'nginx', '-p', folder, '-c', temp.path('nginx.conf')]
  const guard = new ProcessGuard(withLibraries(nginx), { folder })
  await guard.up(() => isListening(port))
  return {
    addresses: [{ host: '127.0.0.1', port }],
    starts: () => 0,
    output: () => guard.output + temp.read('output'),
    [Symbol.asyncDispose]: () => guard[Symbol.asyncDispose](),
  }
}
