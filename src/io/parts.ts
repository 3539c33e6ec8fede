import { getAssetKeys, getRawAsset } from 'node:sea'

/** What a part of the program exports: its modules by their path in the sources. */
export type Part = Readonly<Record<string, () => unknown>>

/** The parts that are loaded: kept with the process, since each part has a copy of this module. */
export const loadedParts = Symbol.for('aws-cred loaded parts')
const kept: { [loadedParts]?: Record<string, Part> } = globalThis as object

/**
 * A part of the program that was bundled apart: an asset of the executable, with V8's code cache beside it. Only the
 * build's own stubs call it; `nodeRequire` is the executable's `require` of built-ins.
 */
export function loadPart(name: string, nodeRequire: (id: string) => unknown): Part {
  kept[loadedParts] ??= {}
  kept[loadedParts][name] ??= runPart(name, nodeRequire)
  return kept[loadedParts][name]
}

function runPart(name: string, nodeRequire: (id: string) => unknown): Part {
  const { Script } = process.getBuiltinModule('node:vm')
  // ASCII by the build's own setting: a string of one byte a letter, made without a decoder.
  const text = assetBytes(name).toString('latin1')
  const cache = getAssetKeys().includes(`${name}.cache`) ? { cachedData: assetBytes(`${name}.cache`) } : {}
  const module: { exports: Part } = { exports: {} }
  new Script(text, { filename: name, ...cache }).runInThisContext()(module.exports, nodeRequire, module)
  return module.exports
}

function assetBytes(name: string): Buffer {
  return Buffer.from(getRawAsset(name) as ArrayBuffer)
}
