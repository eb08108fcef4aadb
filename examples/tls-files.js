import { readFileSync } from 'node:fs'

/** The key and certificate that KEY and CERT name. */
export function tlsFiles() {
  const { KEY = 'key.pem', CERT = 'cert.pem' } = process.env
  return { key: readFileSync(KEY), cert: readFileSync(CERT) }
}
