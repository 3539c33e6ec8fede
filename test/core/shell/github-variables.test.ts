import assert from 'node:assert/strict'
import { test } from 'node:test'
import { githubVariables } from '../../../src/core/shell/github-variables.ts'

test('githubVariables() reads both forms as the runner does; the last of a name holds', () => {
  const cases: readonly (readonly [text: string, wanted: Record<string, string>])[] = [
    ['', {}],
    ['AWS_A=1\nOTHER=2\r\nAWS_B=x=<<y\nAWS_A=', { AWS_A: '', AWS_B: 'x=<<y' }],
    ['AWS_A<<E=F\none\n\nAWS_B=2\nE=F\nAWS_C=3\n', { AWS_A: 'one\n\nAWS_B=2', AWS_C: '3' }],
    ['AWS_A<<E\nE\nAWS_B=1', { AWS_A: '', AWS_B: '1' }],
    // The runner refuses a file like that; what stands before it is set all the same.
    ['AWS_A=1\nAWS_B<<E\nAWS_C=2', { AWS_A: '1' }],
    ['AWS_A\n AWS_B=1\n__proto__=1\nAWS_C=a\rb\u2028c\n', { AWS_C: 'a\rb\u2028c' }],
  ]
  for (const [text, wanted] of cases) assert.deepEqual(githubVariables(text), wanted, text)
})
