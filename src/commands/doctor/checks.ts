import type { Group } from '../../core/finding.ts'
import { cacheFindings } from './caches.ts'
import { environmentFindings } from './environment.ts'
import { fileFindings } from './files.ts'
import { helperFindings } from './helper-lines.ts'
import { identityFindings } from './identity.ts'
import { keptFindings } from './kept.ts'
import { lastingFindings } from './lasting.ts'
import type { Check } from './look.ts'
import { hookFindings, storeFindings } from './place.ts'
import { programFindings } from './programs.ts'
import { reachFindings } from './reach.ts'
import { sessionFindings } from './sessions.ts'
import { whoWinsFindings } from './who-wins.ts'

/** Every question and who answers it. They are asked all at once, each with a time-out of its own. */
export const CHECKS: Readonly<Record<Group, readonly Check[]>> = {
  wins: [whoWinsFindings],
  stale: [environmentFindings, keptFindings, fileFindings, cacheFindings, sessionFindings],
  reach: [reachFindings],
  identity: [identityFindings],
  lasts: [lastingFindings],
  setup: [helperFindings, programFindings, hookFindings, storeFindings],
}
