import { readFileSync } from 'node:fs'

/** Reads the key and the certificate from the files that KEY and CERT name. */
export function tlsFiles() {
  const { KEY = 'key.pem', CERT = 'cert.pem' } = process.env
  return { key: readFileSync(KEY), cert: readFileSync(CERT) }
}
