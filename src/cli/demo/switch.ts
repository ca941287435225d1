import type { WatchedEvent } from '../switch-watch.js';

/** A switch on which the demonstration places its call: the simulator or a real FreeSWITCH. */
export interface DemoSwitch {
  readonly name: string;
  /** A caller dials the demonstration's number. */
  placeCall(): Promise<void>;
  stop(): Promise<void>;
}

export interface DemoSwitchOptions {
  /** Where the daemon listens for the `socket` application. */
  readonly daemonPort: number;
  /** What `cti_curl` is set to. */
  readonly appUrl: string;
  /** An empty folder for whatever has to be written. */
  readonly folder: string;
  /** What the channel in the dialplan does, as it happens. */
  readonly onEvent: (event: WatchedEvent) => void;
}

export const DEMO_NUMBER = '7001';
export const DEMO_CALLER = '1001';
export const DEMO_AGENT = '10001';
export const DEMO_DOMAIN = '127.0.0.1';

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** The dialplan of the demonstration: what an operator would write, and an agent who answers and hangs up. */
export function demoDialplan(appUrl: string): string {
  return `<include>
  <context name="default">
    <extension name="demo">
      <condition field="destination_number" expression="^${DEMO_NUMBER}$">
        <action application="set" data="hangup_after_bridge=false"/>
        <action application="set" data="cti_curl=${escaped(appUrl)}"/>
        <action application="execute_extension" data="cti_curl XML switchhook"/>
        <action application="hangup" data="NORMAL_CLEARING"/>
      </condition>
    </extension>
    <extension name="agent">
      <condition field="destination_number" expression="^${DEMO_AGENT}$">
        <action application="answer"/>
        <action application="sleep" data="1000"/>
        <action application="hangup" data="NORMAL_CLEARING"/>
      </condition>
    </extension>
  </context>
</include>
`;
}

/** The directory: one user, who is reached over loopback. */
export function demoDirectory(): string {
  return `<include>
  <domain name="${DEMO_DOMAIN}">
    <user id="${DEMO_AGENT}">
      <params>
        <param name="dial-string" value="loopback/${DEMO_AGENT}/default/XML"/>
      </params>
    </user>
  </domain>
</include>
`;
}
