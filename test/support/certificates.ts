import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** A certificate authority that lives as long as the test. */
export interface Authority {
  /** Its own certificate, as a CA bundle names it. */
  readonly path: string
  /** A server's certificate for these names (`DNS:…`, `IP:…`), valid from a day ago until `days` from now. */
  issue(names: readonly string[], days?: number): Certificate
}

/** Made by openssl, with keys of their own at every run. */
export function newAuthority(t: TestContext): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'aws-cred-ca-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=aws-cred test')
  let issued = 0
  return {
    path: join(folder, 'ca.pem'),
    issue(names, days = 2) {
      const place = `leaf-${++issued}`
      mkdirSync(join(folder, place))
      writeFileSync(join(folder, place, 'extensions'), `subjectAltName=${names.join(',')}\n`)
      const [key, request, cert] = ['key', 'csr', 'pem'].map((kind) => join(place, `leaf.${kind}`)) as [
        string,
        string,
        string,
      ]
      openssl('req', ...newKey, '-keyout', key, '-out', request, '-subj', '/CN=leaf')
      const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', join(place, 'extensions')]
      openssl('x509', '-req', '-in', request, ...signed, '-days', String(days), '-out', cert)
      return { key: readFileSync(join(folder, key), 'utf8'), cert: readFileSync(join(folder, cert), 'utf8') }
    },
  }
}
