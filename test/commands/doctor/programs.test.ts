import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type BrokenWorld, doctorThere, inWorld } from '../../support/broken-worlds.ts'

const world = (script: string, more: Readonly<Record<string, string>> = {}): BrokenWorld => ({
  name: 'an AWS CLI',
  config: '[default]\ncredential_process = /bin/true\n',
  files: { 'bin/aws': script, ...more },
  words: ['--offline'],
  finds: [],
})

test('an AWS CLI that does not tell its version in time is a note, no tick, and no fault', async () => {
  await inWorld(world('#!/bin/sh\nexec /bin/sleep 20\n'), async (home) => {
    const { code, text } = await doctorThere(world(''), home, ['screen'])
    assert.match(text, /^! {2}cli {18,19}~\/bin\/aws: no version seen within 1\.5 s; .*\n +\S*\/bin\/aws --version$/m)
    assert.match(text, /\nnothing to mend, 1 to look at\n$/)
    assert.equal(code, 0)
  })
})

test('an AWS CLI whose files tell its version is not started', async () => {
  const files = { 'lib/python3.11/site-packages/awscli-2.31.4.dist-info/METADATA': '', 'bin/python3': '#!/bin/sh\n' }
  await inWorld(world('', files), async (home) => {
    writeFileSync(join(home, 'bin/python3'), `#!/bin/sh\ntouch ${home}/started\n`)
    writeFileSync(join(home, 'bin/aws'), `#!${home}/bin/python3\n`)
    const { text, code } = await doctorThere(world(''), home)
    assert.match(text, /^ok cli {18}aws-cli 2\.31\.4 \(~\/bin\/aws\)$/m)
    assert.deepEqual([code, existsSync(join(home, 'started'))], [0, false])
  })
})
