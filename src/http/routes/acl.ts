import type { AclService } from '../../acl/service.js';
import type { ApiFeature } from '../api.js';
import { ACL_FAILURES, ACL_WRITE_FAILURES, SWITCH_FAILURES } from '../failures.js';
import {
  aclAddSchema,
  aclApplyRequestSchema,
  aclApplySchema,
  aclCheckSchema,
  aclEditSchema,
  aclListParamsSchema,
  aclListSchema,
  aclListsSchema,
  aclRemoveQuerySchema,
  aclSwitchQuerySchema,
  aclTestQuerySchema,
  aclTestSchema,
} from '../contract/acl.js';

/** @throws AppError `no_such_switch`, `acl_not_configured` */
export type AclOfSwitch = (name: string | undefined) => AclService;

/** The access lists of the switches. */
export function aclRoutes(aclOf: AclOfSwitch): ApiFeature {
  return (api) => {
    api.read({
      url: '/acl/lists',
      summary: 'The access lists of a switch.',
      description: 'Those of acl.conf.xml as the file is now, and those that FreeSWITCH makes itself.',
      errors: [...ACL_FAILURES],
      requires: 'viewer',
      query: aclSwitchQuerySchema,
      response: aclListsSchema,
      handler: ({ query }) => aclOf(query.switch).lists(),
    });
    api.read({
      url: '/acl/lists/:list',
      summary: 'One list with its entries.',
      description: 'In the order of the file, with what is wrong with them.',
      errors: ['acl_no_such_list', ...ACL_FAILURES],
      requires: 'viewer',
      params: aclListParamsSchema,
      query: aclSwitchQuerySchema,
      response: aclListSchema,
      handler: ({ params, query }) => aclOf(query.switch).show(params.list),
    });
    api.read({
      url: '/acl/test',
      summary: 'What lists say of an address, and what FreeSWITCH itself says.',
      description: 'Of one list, or of all; with the entry that decides and those that it outranks.',
      errors: ['acl_no_such_list', 'acl_invalid_entry', ...ACL_FAILURES],
      requires: 'viewer',
      query: aclTestQuerySchema,
      response: aclTestSchema,
      handler: ({ query }) => aclOf(query.switch).test(query.ip, query.list, query.port),
    });
    api.read({
      url: '/acl/check',
      summary: 'What FreeSWITCH would silently skip or misread.',
      description: 'Looks at the file as it is now; changes nothing.',
      errors: [...ACL_FAILURES],
      requires: 'viewer',
      query: aclSwitchQuerySchema,
      response: aclCheckSchema,
      handler: ({ query }) => aclOf(query.switch).check(),
    });
    api.change({
      url: '/acl/lists/:list/entries',
      summary: 'Add an entry to a list.',
      description:
        'Written into the file without touching another byte of it; the file as it was is kept beside it. In force by `POST /v1/acl/apply`.',
      errors: ['acl_no_such_list', 'acl_invalid_entry', 'acl_opens_world', ...ACL_WRITE_FAILURES],
      requires: 'admin',
      params: aclListParamsSchema,
      body: aclAddSchema,
      response: aclEditSchema,
      action: 'acl.add',
      target: ({ params, body }) =>
        `${params.list} ${body.type} ${body.cidr}${body.dry_run ? ' (dry run)' : ''}`,
      handler: async ({ params, body: { dry_run: dryRun, ...body }, note }) => {
        const edit = await aclOf(body.switch).add(params.list, { ...body, dryRun });
        note(edit.changed ? 'the file was changed' : 'nothing was changed');
        return edit;
      },
    });
    api.change({
      url: '/acl/lists/:list/entries',
      method: 'DELETE',
      summary: 'Remove an entry from a list.',
      description: 'With its line and a comment beside it. In force by `POST /v1/acl/apply`.',
      errors: ['acl_no_such_list', 'acl_no_such_entry', ...ACL_WRITE_FAILURES],
      requires: 'admin',
      params: aclListParamsSchema,
      query: aclRemoveQuerySchema,
      response: aclEditSchema,
      action: 'acl.remove',
      target: ({ params, query }) =>
        `${params.list} ${query.cidr}${query.dry_run === 'true' ? ' (dry run)' : ''}`,
      handler: async ({ params, query, note }) => {
        const dryRun = query.dry_run === 'true';
        const edit = await aclOf(query.switch).remove(params.list, { cidr: query.cidr, dryRun });
        note(edit.changed ? 'the file was changed' : 'nothing was changed');
        return edit;
      },
    });
    api.change({
      url: '/acl/apply',
      summary: 'Make FreeSWITCH read its access lists; the file goes back to how it was when it refuses.',
      description:
        "Afterwards FreeSWITCH's own answers are compared with what the file says. FreeSWITCH reads its whole configuration for that.",
      errors: ['acl_apply_refused', ...ACL_WRITE_FAILURES, ...SWITCH_FAILURES],
      requires: 'admin',
      body: aclApplyRequestSchema,
      response: aclApplySchema,
      action: 'acl.apply',
      target: ({ body }) => body.switch ?? '',
      handler: async ({ body, note }) => {
        const applied = await aclOf(body.switch).apply();
        if (applied.differences.length > 0)
          note(`${applied.differences.length} answers differ from the file`);
        return applied;
      },
    });
  };
}
