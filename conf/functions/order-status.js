const ORDERS = new Map([
  ['100001', { status: 'shipped', shipped_on: '2026-03-14' }],
  ['100002', { status: 'packed', shipped_on: '' }],
]);

export const handler = async (event) =>
  ORDERS.get(event.Details.Parameters.order) ?? { status: 'unknown', shipped_on: '' };
