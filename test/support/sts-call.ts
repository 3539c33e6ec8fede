import type { TestContext } from 'node:test'
import type { StsCall } from '../../src/aws/sts-calls.ts'
import type { AssumeRoleStep } from '../../src/core/plan/plan-steps.ts'
import { type ExampleWorld, exampleWorld, type Fault, type Sts, startSts } from './sts.ts'

/** An emulator, and a call of alice's to it that the aws room can be given without a workspace. */
export interface CallPlace {
  readonly sts: Sts
  readonly world: ExampleWorld
  readonly call: StsCall
  readonly step: AssumeRoleStep
}

export async function callPlace(t: TestContext): Promise<CallPlace> {
  const world = exampleWorld()
  const sts = await startSts(world)
  t.after(() => sts.close())
  return { sts, world, call: callTo(sts, world), step: stepOf(world.arns.prod) }
}

function callTo(sts: Sts, { alice }: ExampleWorld): StsCall {
  return {
    place: {
      region: 'eu-west-1',
      regionFrom: 'AWS_REGION',
      override: null,
      tokenKind: 'regional',
      useFips: false,
      useDualStack: false,
    },
    target: {
      endpoint: { url: sts.url, host: 'sts.example', signingRegion: 'eu-west-1' },
      network: { proxy: null, caBundle: null },
      offsetMs: 0,
    },
    keys: { accessKeyId: alice.accessKeyId, secretAccessKey: alice.secret, sessionToken: null },
    purpose: 'try',
    profile: 'prod',
    signer: 'user1',
    nowMs: () => Date.now(),
    deadline: AbortSignal.timeout(15_000),
    onClock: () => {},
  }
}

function stepOf(roleArn: string): AssumeRoleStep {
  return {
    kind: 'assume-role',
    profile: 'prod',
    roleArn,
    durationSeconds: null,
    sessionName: null,
    externalId: null,
    mfaSerial: null,
    sourceIdentity: null,
    policy: null,
    policyArns: [],
    tags: [],
    transitiveTagKeys: [],
    chained: false,
    askedSeconds: null,
  }
}

/** A refusal of STS. */
export function refusal(code: string, status: number, message: string): Fault {
  return { kind: 'error', code, status, message }
}
