import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { installedCliVersion } from '../../src/io/aws-cli-install.ts'
import { programFile } from '../../src/io/search-path.ts'

interface Folder {
  put(path: string, text: string): string
  link(path: string, to: string): string
  version(path: string): string | null
}

function folder(t: TestContext): Folder {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'aws-cred-cli-')))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const at = (path: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    return join(root, path)
  }
  return {
    put: (path, text) => {
      writeFileSync(at(path), text)
      chmodSync(join(root, path), 0o755)
      return join(root, path)
    },
    link: (path, to) => {
      symlinkSync(to, at(path))
      return join(root, path)
    },
    version: (path) => {
      const file = programFile(join(root, path))
      assert.ok(file !== null)
      return installedCliVersion(file, { HOME: join(root, 'home') })
    },
  }
}

test("the version of AWS's own installer stands in the path that its links lead to", (t) => {
  const { put, link, version } = folder(t)
  put('aws-cli/v2/2.31.4/dist/aws', '\x7fELF')
  link('aws-cli/v2/2.31.4/bin/aws', '../dist/aws')
  link('aws-cli/v2/current', '2.31.4')
  link('bin/aws', '../aws-cli/v2/current/bin/aws')
  assert.equal(version('bin/aws'), '2.31.4')
})

test('a Python package tells its version beside the Python that runs it, in a virtual environment too', (t) => {
  const { put, link, version } = folder(t)
  const python = put('base/bin/python3.11', '#!/bin/sh\n')
  const inVenv = link('venv/bin/python', python)
  put('venv/bin/aws', `#!${inVenv}\nimport sys\n`)
  put('base/lib/python3.11/site-packages/awscli-1.1.1.dist-info/METADATA', '')
  assert.equal(version('venv/bin/aws'), null)
  put('venv/lib/python3.11/site-packages/awscli-1.45.11.dist-info/METADATA', '')
  assert.equal(version('venv/bin/aws'), '1.45.11')
  put('base/bin/aws', `#!${python}\n`)
  assert.equal(version('base/bin/aws'), '1.1.1')
})

test('where the files tell two versions, or not which Python it is, nothing is told', (t) => {
  const { put, version } = folder(t)
  const python = put('usr/bin/python3', '#!/bin/sh\n')
  put('usr/bin/aws', `#!${python}\n`)
  put('usr/lib/python3/dist-packages/awscli-2.9.19.egg-info/PKG-INFO', '')
  assert.equal(version('usr/bin/aws'), '2.9.19')
  // Packages of the user go before those of the system.
  put('home/.local/lib/python3.11/site-packages/awscli-1.45.11.dist-info/METADATA', '')
  assert.equal(version('usr/bin/aws'), null)
  for (const first of ['#!/usr/bin/env python3', `#!${python}.gone`, '#!/bin/sh', 'MZ', '']) {
    put('other/bin/aws', `${first}\n`)
    put('other/lib/python3/site-packages/awscli-1.2.3.dist-info/METADATA', '')
    assert.equal(version('other/bin/aws'), null, first)
  }
})
