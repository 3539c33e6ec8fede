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
    assert.throws(() => undoConfig(place), {
      message: 'cannot undo the setup of "prod": it has changed since',
      hint: `see what: diff ${backup} ${place.configPath}`,
    })
    assert.equal(read(), 'newer')
    rmSync(place.configPath)
    assert.throws(() => undoConfig(place), { message: /config" is gone/, hint: `the backup is ${backup}` })
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
    for (const text of [
      '',
      '{',
      'null',
      '[]',
      '{"version":2}',
      '{"version":2,"steps":[{"writtenHash":"x","backupPath":3}]}',
    ]) {
      writeFileSync(record, text)
      assert.throws(() => undoConfig(place), /no backup/)
    }
    assert.equal(read(), 'new')
  })

  test('goes back one write after the other, five of them', () => {
    writeFileSync(place.configPath, '0')
    for (let n = 0; n < 7; n++) writeConfig(place, `${n}`, `${n + 1}`)
    for (let n = 6; n > 1; n--) {
      assert.equal(undoConfig(place), 'restored')
      assert.equal(read(), `${n}`)
    }
    assert.throws(() => undoConfig(place), /no backup/)
    assert.deepEqual(kept(), [])
  })

  test("takes back the profile's own lines where another profile was written since, either one first", () => {
    const other = { ...place, profile: 'PROD' }
    const [zero, prod, both] = [
      '[default]\r\nregion = a\r\n',
      '[default]\r\nregion = a\r\n\r\n[profile prod]\r\nk = 1\r\n',
      '[default]\r\nregion = a\r\n\r\n[profile prod]\r\nk = 1\r\n\r\n[profile PROD]\r\nk = 2\r\n',
    ]
    for (const order of [
      [place, other],
      [other, place],
    ] as const) {
      writeFileSync(place.configPath, zero)
      writeConfig(place, zero, prod)
      writeConfig(other, prod, both)
      for (const each of order) assert.equal(undoConfig(each), 'restored')
      assert.equal(read(), zero)
      assert.deepEqual(kept(), [])
    }
  })

  test('names the nearest profile that can be taken back', () => {
    writeConfig(place, null, '[profile prod]\nk = 1\n')
    const typo = { ...place, profile: 'prdo' }
    assert.throws(() => undoConfig(typo, ['prda', 'prod']), { hint: 'the nearest is: aws-cred setup prod --undo' })
    assert.throws(() => undoConfig(typo, ['prda']), { hint: null })
    assert.throws(() => undoConfig(typo, ['prod', 'prdo']), { hint: null })
  })
})

suite('writeConfig()', () => {
  test('keeps each backup once, 0600 in a 0700 folder', () => {
    writeFileSync(place.configPath, '1')
    writeConfig(place, '1', '2')
    writeConfig(place, '2', '1')
    writeConfig(place, '1', '3')
    assert.equal(kept().length, 3)
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
