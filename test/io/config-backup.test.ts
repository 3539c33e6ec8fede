import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import fc from 'fast-check'
import { type BackupPlace, undoConfig, writeConfig } from '../../src/io/config-backup.ts'

let home = ''
let place: BackupPlace

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'aws-cred-backup-'))
  place = { folder: join(home, 'state', 'backup'), configPath: join(home, 'config'), profile: 'prod' }
})
afterEach(() => rmSync(home, { recursive: true }))

const read = () => readFileSync(place.configPath, 'utf8')
const kept = () => readdirSync(place.folder)

suite('undoConfig()', () => {
  test('restores any config byte for byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (previous, text) => {
        writeFileSync(place.configPath, previous)
        const bytes = readFileSync(place.configPath)
        writeConfig(place, previous, text)
        assert.equal(read(), text)
        assert.equal(undoConfig(place), 'restored')
        assert.deepEqual(readFileSync(place.configPath), bytes)
        assert.deepEqual(kept(), [])
      }),
    )
  })

  test('removes a config that was not there', () => {
    writeConfig(place, null, 'text')
    assert.equal(undoConfig(place), 'removed')
    assert.equal(existsSync(place.configPath), false)
    assert.throws(() => undoConfig(place), /no backup/)
  })

  test('changes nothing when the config is not what was written, or gone, and names the backup', () => {
    writeFileSync(place.configPath, 'old')
    writeConfig(place, 'old', 'new')
    const backup = join(place.folder, kept().find((name) => name.endsWith('.config')) ?? '')
    assert.equal(readFileSync(backup, 'utf8'), 'old')
    writeFileSync(place.configPath, 'newer')
    assert.throws(() => undoConfig(place), new RegExp(`changed since; the backup is ${backup}`))
    assert.equal(read(), 'newer')
    rmSync(place.configPath)
    assert.throws(() => undoConfig(place), /changed since/)
    assert.equal(existsSync(place.configPath), false)
  })

  test('changes nothing when the backup or its record is damaged or gone', () => {
    writeFileSync(place.configPath, 'old')
    writeConfig(place, 'old', 'new')
    const [backup, record] = ['.config', '.json'].map((end) =>
      join(place.folder, kept().find((name) => name.endsWith(end)) ?? ''),
    ) as [string, string]
    writeFileSync(backup, 'other')
    assert.throws(() => undoConfig(place), /gone or damaged/)
    rmSync(backup)
    assert.throws(() => undoConfig(place), /gone or damaged/)
    for (const text of ['', '{', 'null', '[]', '{"version":1}', '{"version":1,"writtenHash":"x","backupPath":3}']) {
      writeFileSync(record, text)
      assert.throws(() => undoConfig(place), /no backup/)
    }
    assert.equal(read(), 'new')
  })

  test("goes back one write of that profile, other profiles' writes must go first", () => {
    writeFileSync(place.configPath, '1')
    const other = { ...place, profile: 'PROD' }
    writeConfig(place, '1', '2')
    writeConfig(other, '2', '3')
    assert.throws(() => undoConfig(place), /changed since/)
    assert.equal(undoConfig(other), 'restored')
    assert.equal(undoConfig(place), 'restored')
    assert.equal(read(), '1')
  })
})

suite('writeConfig()', () => {
  test('keeps one backup per profile, 0600 in a 0700 folder', () => {
    writeFileSync(place.configPath, '1')
    writeConfig(place, '1', '2')
    writeConfig(place, '2', '3')
    assert.equal(kept().length, 2)
    assert.equal(statSync(place.folder).mode & 0o777, 0o700)
    for (const name of kept()) assert.equal(statSync(join(place.folder, name)).mode & 0o777, 0o600)
  })

  test('leaves config and earlier backup alone when another program has written meanwhile', () => {
    writeFileSync(place.configPath, '1')
    writeConfig(place, '1', '2')
    const before = kept()
    assert.throws(() => writeConfig(place, '1x', '3'), /another program has changed it/)
    assert.equal(read(), '2')
    assert.deepEqual(kept(), before)
    assert.equal(undoConfig(place), 'restored')
    assert.throws(() => writeConfig(place, null, '3'), /another program has changed it/)
    assert.deepEqual([read(), kept()], ['1', []])
  })

  test('makes no backup of a file that holds a secret', () => {
    const text = '[a]\naws_secret_access_key = x\n'
    writeFileSync(place.configPath, text)
    assert.throws(() => writeConfig(place, text, 'new'), /holds a secret/)
    assert.equal(existsSync(place.folder), false)
    assert.equal(read(), text)
  })
})
