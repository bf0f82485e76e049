import { expect } from '@jest/globals';
import type { Test } from 'supertest';
import { KEY, SECURITY_HEADERS } from './edge-app.js';

/** Sends a request to the JSON API that must be refused, and checks all of its response. */
export async function expectRefused(
  test: Test,
  statusCode: number,
  code: string,
  message?: string | RegExp,
): Promise<void> {
  const { status, body, headers, text } = await test;
  expect({ status, body }).toEqual({
    status: statusCode,
    body: {
      statusCode,
      code,
      message: message === undefined ? expect.any(String) : expect.stringMatching(message),
    },
  });
  expect(headers).toMatchObject(SECURITY_HEADERS);
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
  expect(text).not.toContain(KEY);
  expect(text).not.toMatch(/node_modules|\.[jt]s:\d|SELECT|INSERT|user-\d/);
}
