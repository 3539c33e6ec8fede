import { spanText } from '../../core/clock.ts'
import { clockCommand } from '../../core/clock-command.ts'
import { CredError } from '../../core/errors.ts'
import { type Finding, finding } from '../../core/finding.ts'
import { namedPartition, type StsPlace, stsPlace } from '../../core/network/sts-endpoint.ts'
import { shown } from '../../core/text.ts'
import { callSettingsOf } from '../session/call-settings-of.ts'
import { planOf } from '../session/profiles/profile-state.ts'
import type { Look } from './look.ts'

/** Services refuse what is signed further off; STS itself allows three times as much. */
const SKEW_MS = 5 * 60_000
const NOTED_SKEW_MS = 60_000

/** Whether STS answers, by which way, and how far its clock is from ours. */
export async function reachFindings(look: Look): Promise<Finding[]> {
  if (look.offline) return []
  const { workspace } = look
  const settings = callSettingsOf(workspace, { servedProfile: servedBy(look) })
  try {
    const place = stsPlace(settings, namedPartition(settings))
    const { probeSts } = await import('../../aws/probe-sts.ts')
    const { host, network, tookMs, offsetMs, setByMs } = await probeSts(place, settings, () =>
      workspace.context.nowMs(),
    )
    const way = [
      `${shown(host, 300)}, ${Math.round(tookMs)} ms`,
      whyThere(place),
      ...(network.proxy === null ? [] : [`through the proxy ${network.proxy.host} of ${network.proxy.setting}`]),
      ...(network.caBundle === null
        ? []
        : [`trusting ${shown(network.caBundle.value, 200)} of ${network.caBundle.from}`]),
    ]
    return [
      finding('reach', 'endpoint', 'good', { what: way.join('; ') }),
      ...(offsetMs === null ? [] : [clockFinding({ offsetMs, setByMs }, workspace.context.platform)]),
    ]
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    const cure = error.hint === null ? null : shown(error.hint, 400)
    return [
      finding('reach', 'endpoint', 'bad', { what: shown(error.message.replace(/^cannot reach STS: /, ''), 600), cure }),
    ]
  }
}

function servedBy({ workspace, profile }: Look): string {
  try {
    return planOf(workspace, profile).servedProfile
  } catch (error) {
    // What is wrong with the profile is told elsewhere; its own lines still name a region.
    if (!(error instanceof CredError)) throw error
    return profile
  }
}

function whyThere({ override, region, regionFrom, tokenKind }: StsPlace): string {
  if (override !== null) return `by ${shown(override.from, 200)}`
  if (tokenKind === 'global') return 'the legacy global endpoint'
  return regionFrom === null ? `${region}, since nobody names a region` : `${region} by ${shown(regionFrom, 200)}`
}

/** A clock that is set while we look, by more than it runs off by itself. */
const SET_MS = 2_000

function clockFinding(
  { offsetMs, setByMs }: Readonly<Record<'offsetMs' | 'setByMs', number>>,
  platform: string,
): Finding {
  const off = Math.abs(offsetMs)
  const wasSet = Math.abs(setByMs) > SET_MS ? `; it was set by ${spanText(Math.abs(setByMs))} while AWS was asked` : ''
  const where = `this machine's clock is ${spanText(off)} ${offsetMs > 0 ? "behind AWS's" : "ahead of AWS's"}${wasSet}`
  const cure = clockCommand(platform)
  if (off >= SKEW_MS) {
    const what = `${where}; the AWS CLI and boto3 cannot correct for it, and services refuse their calls`
    return finding('reach', 'clock', 'bad', { what, cure })
  }
  if (off >= NOTED_SKEW_MS) {
    return finding('reach', 'clock', 'warning', { what: `${where}; from 5 min on calls are refused`, cure })
  }
  return finding('reach', 'clock', wasSet === '' ? 'good' : 'warning', {
    what: `${(off / 1000).toFixed(1)} s from AWS${wasSet}`,
  })
}
