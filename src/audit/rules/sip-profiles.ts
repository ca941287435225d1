import type { Collector } from '../collector.js';
import type { SipProfile } from '../profiles.js';

/** Who may call a SIP profile without a password (sofia.c sofia_handle_sip_i_invite). */
export function checkSipProfiles(profiles: readonly SipProfile[], found: Collector): void {
  for (const profile of profiles) {
    if (profile.local) continue;
    const { name, blindAuth, blindRegistration } = profile;
    if (!profile.authCalls && profile.acls.length === 0) {
      found.add(
        'profile-without-auth',
        'warning',
        profile.place,
        `SIP profile ${name} has neither auth-calls nor apply-inbound-acl: everybody can call into context ${profile.context}.`,
      );
    }
    for (const acl of profile.acls) {
      if (acl.state !== 'open') continue;
      const into = acl.passContext ?? profile.context;
      found.add(
        'profile-acl-open',
        'error',
        acl.place,
        `SIP profile ${name} asks no password of those in ${acl.list}, which lets the Internet into context ${into}.`,
      );
    }
    if (!profile.authCalls) {
      for (const acl of profile.acls) {
        if (acl.failContext === undefined) continue;
        found.add(
          'profile-without-auth',
          'warning',
          acl.place,
          `SIP profile ${name} sends those who are not in ${acl.list} to context ${acl.failContext} instead of refusing them.`,
        );
      }
    }
    for (const blind of [blindAuth, blindRegistration]) {
      if (blind === undefined) continue;
      found.add('profile-blind-auth', 'error', blind.place, `SIP profile ${name} has ${blind.name}.`);
    }
  }
}
