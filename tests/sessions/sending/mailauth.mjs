// Judges one message offline: node mailauth.mjs MESSAGE PUBLIC_KEY, and prints what it found as JSON.
import { readFileSync } from 'node:fs'
import mailauth from 'mailauth'

const message = readFileSync(process.argv[2])
const key = readFileSync(process.argv[3]).toString('base64')
const records = {
  'klinik.example': [['v=spf1 ip4:192.0.2.25 -all']],
  '_dmarc.klinik.example': [['v=DMARC1; p=reject; adkim=s; aspf=s']],
  'nyt._domainkey.klinik.example': [[`v=DKIM1; k=rsa; p=${key}`]]
}
const resolver = async (name, type) => {
  if (type === 'TXT' && records[name]) return records[name]
  throw Object.assign(new Error(`no ${type} of ${name}`), { code: 'ENOTFOUND' })
}
const judge = data => mailauth.authenticate(data, {
  ip: '192.0.2.25', helo: 'mail.klinik.example', sender: 'retur@klinik.example', mta: 'mx.laesere.example', resolver,
  trustReceived: false
})
const found = await judge(message)
const forged = Buffer.from(message.toString('latin1').replace('List-Unsubscribe=One-Click', 'List-Unsubscribe=Two-Click'), 'latin1')
const changed = await judge(forged)
const signature = found.dkim.results[0]
console.log(JSON.stringify({
  dkim: signature.status.result,
  signed: signature.signingHeaders.keys.toLowerCase().split(/[:\s]+/),
  spf: found.spf.status.result,
  dmarc: found.dmarc.status.result,
  changed: changed.dkim.results[0].status.result
}))
