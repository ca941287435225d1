import type { WatchedEvent } from './switch-watch.js';

export interface PhoneOptions {
  /** Where the daemon listens for the `socket` application, `host:port`. */
  readonly daemon: string;
  readonly number: string;
  readonly caller: string;
  /** Set on the call before it is handed over. */
  readonly variables: Readonly<Record<string, string>>;
  /** What the caller presses when something waits for it. */
  readonly digits?: string;
  /** What the channel does. */
  readonly onEvent: (event: WatchedEvent) => void;
}

/** A caller on a simulated switch whose dialplan hands every call to the daemon. */
export interface Phone {
  press(digit: string): void;
  hangUp(): void;
  /** Resolves when everybody has let go of the call, the daemon too. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** Users who answer, and hang up after a second. */
export const PHONE_USERS = ['10001', '10002', 'operator'] as const;

/** Set by the dialplan when the call has come back to it. */
export const BACK_IN_DIALPLAN = 'switchhook_back';

const DIALPLAN = `<include>
  <context name="agents">
    <extension name="agent">
      <condition field="destination_number" expression="^agent$">
        <action application="answer"/>
        <action application="sleep" data="1000"/>
        <action application="hangup" data="NORMAL_CLEARING"/>
      </condition>
    </extension>
  </context>
  <context name="default">
    <extension name="hand_over">
      <condition field="destination_number" expression="^.*$">
        <action application="execute_extension" data="cti_curl XML switchhook"/>
        <action application="set" data="${BACK_IN_DIALPLAN}=true"/>
        <action application="hangup" data="NORMAL_CLEARING"/>
      </condition>
    </extension>
  </context>
  <domain name="127.0.0.1">
${PHONE_USERS.map((id) => `    <user id="${id}"><params><param name="dial-string" value="loopback/agent/agents/XML"/></params></user>`).join('\n')}
  </domain>
</include>
`;

/** Dials at once. */
export async function startPhone(options: PhoneOptions): Promise<Phone> {
  const { startSimulatedSwitch } = await import('./simulated-switch.js');
  const simulator = await startSimulatedSwitch({
    xml: DIALPLAN,
    daemon: options.daemon,
    domain: '127.0.0.1',
  });
  const call = simulator.placeCall({
    destination: options.number,
    context: 'default',
    callerIdNumber: options.caller,
    callerIdName: options.caller,
    variables: options.variables,
    ...(options.digits !== undefined && { digits: options.digits }),
  });
  call.onEvent(options.onEvent);
  return {
    press: (digit) => call.sendDigits(digit),
    hangUp: () => call.hangup(),
    settled: () => simulator.idle(),
    stop: () => simulator.stop(),
  };
}
