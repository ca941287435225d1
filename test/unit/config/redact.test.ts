import { describe, expect, it } from 'vitest';
import { redactConfig } from '../../../src/config/redact.js';
import { configSchema } from '../../../src/config/schema.js';

const signing = Buffer.alloc(32, 7).toString('base64');

describe('a configuration to show', () => {
  const config = configSchema.parse({
    endpoints: {
      billing: {
        url: 'https://apps.example/ivr?token=hunter3&number={destination_number}&pin=hunter4&who=x',
        fallback_url: 'https://backup.example/?who=hunter5',
        headers: { Authorization: 'Bearer hunter6' },
        signing_secrets: [signing],
        secret_parameters: ['Who'],
      },
    },
  });
  const shown = JSON.stringify(redactConfig(config));

  it('holds no secret', () => {
    expect(shown).not.toContain('hunter');
    expect(shown).not.toContain(signing);
  });

  it('keeps what is not one', () => {
    expect(shown).toContain('number={destination_number}');
    expect(shown).toContain('"Authorization"');
    expect(redactConfig(config)).toMatchObject({ listen: config.listen, app: config.app });
  });

  it('leaves the original alone', () => {
    expect(config.endpoints['billing']?.headers['Authorization']).toBe('Bearer hunter6');
  });
});
