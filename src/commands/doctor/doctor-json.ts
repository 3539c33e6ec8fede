import { closingLine, type Finding } from '../../core/finding.ts'
import { jsonText } from '../../core/json-text.ts'
import type { CredentialSource } from '../../core/precedence/precedence-model.ts'
import type { Look } from './look.ts'

/** Raised when a field changes its meaning or goes; a new field does not raise it. README documents each. */
const SCHEMA_VERSION = 1

export function doctorJson(look: Look, findings: readonly Finding[]): string {
  const { profile, by, shell, asNamed, wins } = look
  const count = (severity: Finding['severity']) => findings.filter((each) => each.severity === severity).length
  return jsonText({
    version: SCHEMA_VERSION,
    profile,
    namedBy: by,
    shell,
    agree: wins.agree,
    wins: wins.verdicts.map(({ tool, basis, source, refusal, shadowed }) => ({
      tool,
      basis,
      asProfile: asNamed,
      source: source === null ? null : sourceJson(source),
      error: refusal?.code ?? null,
      shadowed: shadowed.map(sourceJson),
    })),
    findings,
    bad: count('bad'),
    warnings: count('warning'),
    summary: closingLine(findings),
  })
}

/** Nothing in a source is a secret: keys are masked where it is made. */
function sourceJson({ kind, profile, origin, variables, keyId, expiresMs, roleArn, from }: CredentialSource): object {
  return {
    kind,
    profile,
    file: origin?.path ?? null,
    line: origin?.line ?? null,
    variables,
    accessKeyId: keyId,
    expiration: expiresMs === null ? null : new Date(expiresMs).toISOString(),
    roleArn,
    from: from === null ? null : sourceJson(from),
  }
}
