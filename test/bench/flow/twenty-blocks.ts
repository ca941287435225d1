/** A flow of twenty blocks with three functions, as a contact centre would write it; every call goes through all. */
export const TWENTY_BLOCKS = `
language: en-US
start: company
error: done
blocks:
  company: { type: set_attributes, attributes: { company: Example Corporation, tries: '0' }, next: greeting }
  greeting: { type: play_prompt, prompt: 'Welcome to $.Attributes.company.', next: who }
  who:
    type: invoke_function
    function: caller
    parameters: { phone: $.CustomerEndpoint.Address }
    outputs: { name: name, level: level }
    next: level
  level:
    type: branch
    cases: [{ name: vip, when: { value: $.Attributes.level, at_least: 3 }, next: vip }]
    next: vip
  vip: { type: set_attributes, attributes: { priority: high, queue: vip }, next: hours }
  hours:
    type: hours
    time_zone: Europe/Berlin
    open: { mon-sun: 00:00-24:00 }
    exits: { open: share, closed: done, holiday: done }
  share: { type: distribute, shares: [{ name: a, percent: 50, next: ask }, { name: b, percent: 50, next: ask }] }
  ask: { type: get_digits, prompt: 'Your order number, please.', min: 6, max: 6, next: remember }
  remember: { type: set_attributes, attributes: { order: $.StoredInput }, next: order }
  order:
    type: invoke_function
    function: order
    parameters: { order: $.Attributes.order, caller: $.CustomerEndpoint.Address }
    next: state
  state:
    type: branch
    cases:
      - { name: shipped, when: { value: $.External.status, equals: shipped }, next: shipped }
      - { name: open, when: { value: $.External.status, in: [open, packed] }, next: shipped }
    next: shipped
  shipped: { type: play_prompt, prompt: 'Order {$.Attributes.order} is $.External.status.', next: menu }
  menu: { type: menu, prompt: 'For another one press 1.', choices: { '1': loop }, tries: 1, next: loop, exits: { no_input: loop, no_match: loop } }
  loop: { type: loop, times: 1, next: note, exits: { again: again } }
  again: { type: set_attributes, attributes: { tries: '1' }, next: loop }
  note: { type: set_attributes, flow_attributes: { note: 'of $.Attributes.name' }, next: tell }
  tell:
    type: invoke_function
    function: tell
    parameters: { note: $.FlowAttributes.note, level: $.Attributes.level }
    next: told
  told: { type: branch, cases: [{ name: yes, when: { value: $.External.ok, equals: 'true' }, next: thanks }], next: thanks }
  thanks: { type: play_prompt, prompt: 'Thank you, $.Attributes.name.', next: done }
  done: { type: disconnect }
`;

export const ANSWERS = {
  caller: { name: 'Ada', level: '3' },
  order: { status: 'shipped' },
  tell: { ok: 'true' },
} as const;
