import { socketApplication } from '../event-socket/outbound.js';
import type { Application } from './application.js';
import { bridgeApplications } from './bridge.js';
import { callControlApplications } from './call-control.js';
import { digitApplications } from './digits.js';
import { playbackApplications } from './playback.js';
import { queueApplications } from './queue.js';
import { recordApplications } from './record.js';
import { variableApplications } from './variables.js';

/** Every application the simulator has, by name. */
export const APPLICATIONS: ReadonlyMap<string, Application> = new Map(
  [
    ...variableApplications,
    ...callControlApplications,
    ...playbackApplications,
    ...digitApplications,
    ...bridgeApplications,
    ...recordApplications,
    ...queueApplications,
    socketApplication,
  ].map((entry) => [entry.name, entry]),
);
