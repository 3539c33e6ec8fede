import { createHash } from 'node:crypto'
import { chmodSync, cpSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'

const ROOT = resolve(import.meta.dirname, '../..')
const SHELL = ['bash', 'zsh', 'fish', 'ps1'].flatMap((ending) => [`shell/hook.${ending}`, `shell/completion.${ending}`])
const TEXTS = [...SHELL, 'install.sh', 'install.ps1', 'LICENSE', 'README.md']

export const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

/** An unpacked release in `folder`, with a program of one's own (`{ text }`) or a built one (`{ path }`). */
export function releaseFolder(folder: string, program: { readonly text: string } | { readonly path: string }): string {
  mkdirSync(join(folder, 'shell'), { recursive: true })
  const binary = join(folder, 'aws-cred')
  if ('text' in program) writeFileSync(binary, program.text)
  else linkOrCopy(program.path, binary)
  chmodSync(binary, 0o755)
  for (const path of TEXTS) cpSync(join(ROOT, path), join(folder, path))
  sumsOf(folder, ['aws-cred', ...TEXTS])
  return folder
}

/** 150 MB: a second name where the file system is one. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error
    cpSync(from, to)
  }
}

/** Writes the folder's SHA256SUMS over these files of it. */
export function sumsOf(folder: string, names: readonly string[]): void {
  writeFileSync(join(folder, 'SHA256SUMS'), names.map((name) => `${sha256(join(folder, name))}  ${name}\n`).join(''))
}

/** A stand-in for the program that says its version, runs `sleep`, and answers `__purge`. */
export function fakeProgram(version: string): { readonly text: string } {
  const lines = [
    '#!/bin/sh',
    'case $1 in',
    `  --version) echo "aws-cred ${version}" ;;`,
    '  sleep) read -r line; echo "woke $line" ;;',
    '  __purge) if [ "$2" = show ]; then echo "keychain: 1 item"; elif [ "$2" = lock ]; then echo "locked the vault"; elif [ -e "$HOME/locked" ]; then exit 1; else : >"$HOME/purged"; fi ;;',
    'esac',
  ]
  return { text: `${lines.join('\n')}\n` }
}

/** A folder that is gone after the test. */
export function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'aws-cred-install-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
