// @ts-check
// A reception: asks callers whom they want, connects them, and says so when nobody answers.
//   npm install fastify standardwebhooks
//   SIGNING_SECRET=whsec_… node reception.mjs
import Fastify from 'fastify';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';

/** @import { ActionList, AppRequest, CallbackEvent } from 'switchhook' */

const { PORT = '9000', SIGNING_SECRET = '', SALES = 'user/10001', SUPPORT = 'user/10002' } = process.env;
const { PUBLIC_URL = `http://127.0.0.1:${PORT}` } = process.env;
const desks = new Map([
  ['1', SALES],
  ['2', SUPPORT],
]);
const MENU = "'say:For sales, press 1. For support, press 2.' 'say:Pardon?'";
const webhook = new Webhook(SIGNING_SECRET); // throws when there is none

/** @type {(call: AppRequest) => ActionList} */
const menu = () => [
  { application: 'answer' },
  { application: 'set', data: 'tts_engine=flite' },
  { application: 'set', data: 'tts_voice=slt' },
  { application: 'play_and_get_digits', data: `1 1 2 4000 # ${MENU} digits ^[12]$` },
  { application: 'cti_curl', data: `${PUBLIC_URL}/calls/choice` },
];

/** @type {(call: AppRequest) => ActionList} */
const choice = ({ variables }) => {
  const desk = desks.get(variables.digits ?? '') ?? 'user/operator';
  return [
    { application: 'bridge', data: desk, timeout_ms: 20_000, id: 'desk' },
    { application: 'cti_curl', data: `${PUBLIC_URL}/calls/after` },
  ];
};

/** @type {(call: AppRequest) => ActionList} */
const after = ({ variables }) =>
  variables.originate_disposition === 'SUCCESS'
    ? [{ application: 'hangup' }]
    : [
        { application: 'playback', data: 'say:Nobody is there. Please call again.' },
        { application: 'hangup', data: 'NO_ANSWER' },
      ];

const app = Fastify({ bodyLimit: 64 * 1024 });

// The signature is about the bytes as they came, so they are kept until it is verified.
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
app.addHook('preHandler', async (request, reply) => {
  const body = /** @type {Buffer | undefined} */ (request.body) ?? Buffer.alloc(0);
  try {
    // Also refuses what is older than five minutes.
    webhook.verify(body, /** @type {Record<string, string>} */ (request.headers), { jsonParse: false });
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    return reply.code(401).send();
  }
  try {
    request.body = JSON.parse(body.toString());
  } catch {
    return reply.code(400).send();
  }
});

app.post('/calls', (request) => menu(/** @type {AppRequest} */ (request.body)));
app.post('/calls/choice', (request) => choice(/** @type {AppRequest} */ (request.body)));
app.post('/calls/after', (request) => after(/** @type {AppRequest} */ (request.body)));
app.post('/events', (request, reply) => {
  // May come twice: whoever counts or charges remembers `id`.
  const { type, call, data } = /** @type {CallbackEvent} */ (request.body);
  console.log(`${type} ${call.uuid} ${JSON.stringify(data)}`);
  return reply.code(204).send();
});

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
