import { randomUUID } from 'node:crypto'

/** What STS refuses with: its code, HTTP status and message. */
export class StsError extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, status: number, message: string) {
    super(message)
    this.code = code
    this.status = status
  }
}

export type Service = 'sts' | 'iam'

/** A tree of elements in order; `undefined` leaves the element out. */
export interface Elements {
  [name: string]: string | Elements | undefined
}

/** A whole HTTP answer but the headers that every answer has. */
export interface Answer {
  status: number
  body: string
  requestId: string
}

const namespaces: Record<Service, string> = {
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
}

export function resultAnswer(service: Service, operation: string, result: Elements): Answer {
  const requestId = randomUUID()
  const inner = elements({ [`${operation}Result`]: result, ResponseMetadata: { RequestId: requestId } }, '  ')
  const root = `${operation}Response`
  return { status: 200, requestId, body: `<${root} xmlns="${namespaces[service]}">\n${inner}</${root}>\n` }
}

/** The form that STS gives every refusal: contract §6, last line. */
export function errorAnswer(service: Service, error: StsError): Answer {
  const requestId = randomUUID()
  const Type = error.status < 500 ? 'Sender' : 'Receiver'
  const inner = elements({ Error: { Type, Code: error.code, Message: error.message }, RequestId: requestId }, '  ')
  const body = `<ErrorResponse xmlns="${namespaces[service]}">\n${inner}</ErrorResponse>\n`
  return { status: error.status, requestId, body }
}

function elements(tree: Elements, indent: string): string {
  return Object.entries(tree)
    .map(([name, value]) => {
      if (value === undefined) return ''
      if (typeof value === 'string') return `${indent}<${name}>${escaped(value)}</${name}>\n`
      return `${indent}<${name}>\n${elements(value, `${indent}  `)}${indent}</${name}>\n`
    })
    .join('')
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)
}
