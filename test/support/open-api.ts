import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import {
  byokOpenApi,
  type ByokOpenApiDocument,
  type ByokOpenApiOptions,
  type JsonObject,
} from '../../lib/entries/openapi.js';

/** What came back for a request of one of the operations. */
export interface ApiAnswer {
  /** As in the document: `/byok/api/keys/{provider}`. */
  path: string;
  method: string;
  status: number;
  headers: Record<string, string>;
  /** `undefined` if there was none. */
  body: unknown;
}

type Content = Record<string, { schema: JsonObject }>;

/** Judges answers by the document, and strictly: a property that it does not name is a fault. */
export class AnswerCheck {
  readonly document: ByokOpenApiDocument;
  /** `GET /byok/api/keys 200` and the like, of all answers that were right. */
  readonly seen = new Set<string>();
  readonly codes = new Set<string>();
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });

  constructor(options?: ByokOpenApiOptions) {
    this.document = byokOpenApi(options);
    addFormats.default(this.#ajv);
    const { schemas } = structuredClone(this.document.components);
    for (const schema of Object.values(schemas)) {
      if (schema.properties && schema !== schemas.ByokError) schema.additionalProperties = false;
    }
    this.#ajv.addSchema({ $id: 'https://byok.invalid/document', components: { schemas } });
  }

  /** All that the document names, in the form of `seen`. */
  get documented(): string[] {
    return Object.entries(this.document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, operation]) =>
        Object.keys((operation as JsonObject).responses as JsonObject).map(
          (status) => `${method.toUpperCase()} ${path} ${status}`,
        ),
      ),
    );
  }

  /** What is wrong with an answer. */
  faultsOf({ path, method, status, headers, body }: ApiAnswer): string[] {
    const operation = this.document.paths[path]?.[method.toLowerCase()] as JsonObject | undefined;
    const response = (operation?.responses as JsonObject | undefined)?.[status] as JsonObject | undefined;
    if (!response) return [`${method} ${path} ${status} is not in the document`];
    const faults = Object.keys((response.headers ?? {}) as JsonObject)
      .filter((name) => headers[name.toLowerCase()] === undefined)
      .map((name) => `the header ${name} is missing`);
    const content = response.content as Content | undefined;
    faults.push(...(content ? this.#faultsOfBody(content, status, headers, body) : faultsOfNone(body)));
    if (faults.length > 0) return faults;
    this.seen.add(`${method.toUpperCase()} ${path} ${status}`);
    if (status >= 400) this.codes.add((body as { code: string }).code);
    return [];
  }

  #faultsOfBody(content: Content, status: number, headers: ApiAnswer['headers'], body: unknown): string[] {
    const type = headers['content-type']?.split(';')[0];
    if (!content[type]) return [`the content type is ${type}`];
    const validate = this.#validatorOf(content[type].schema, status >= 400);
    return validate(body) ? [] : validate.errors!.map((error) => `${error.instancePath} ${error.message}`);
  }

  #validatorOf(schema: JsonObject, isError: boolean): ValidateFunction {
    const text = JSON.stringify(schema).replaceAll('"#/components', '"https://byok.invalid/document#/components');
    return this.#ajv.compile({ ...(JSON.parse(text) as object), ...(isError && { unevaluatedProperties: false }) });
  }
}

function faultsOfNone(body: unknown): string[] {
  return body === undefined ? [] : ['there is a body'];
}
