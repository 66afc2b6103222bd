// Sends what standard input asks for with the gateway's official npm client, at the address of the
// simulator, and prints what the client made of each answer. The client knows no address but its
// own; the constants of its module hold it, and are set here after it chose its sandbox.
'use strict'

const [base, username, apiKey] = process.argv.slice(2)
const sms = require('africastalking')({ username, apiKey }).SMS
const common = require('africastalking/lib/common')
common.BASE_URL = common.CONTENT_URL = `${base}/version1`
common.SMS_URL = `${base}/version1/messaging`

async function one ([method, given]) {
  try {
    return { answer: await sms[method](given) }
  } catch (error) {
    const response = error.response
    return { error: error.message || String(error), status: response && response.status, body: response && response.data }
  }
}

async function all (calls) {
  const done = []
  for (const call of calls) done.push(await one(call))
  process.stdout.write(JSON.stringify(done))
}

let said = ''
process.stdin.on('data', (part) => { said += part })
process.stdin.on('end', () => all(JSON.parse(said)))
