/*
 * The parts of fast-xml-parser 3 that s3rver calls, built on version 5, because version 3 lets names in a document
 * reach prototypes (CVE-2023-26920). s3rver escapes and unescapes values itself, so version 5 must not do it again.
 */
import { XMLBuilder, XMLParser, XMLValidator } from "fast-xml-parser";

const asItIs = (value) => value;

export function validate(xml) {
  return XMLValidator.validate(xml);
}

export function parse(xml, { tagValueProcessor = asItIs, ignoreAttributes = true } = {}) {
  const parser = new XMLParser({
    ignoreAttributes,
    ignoreDeclaration: true,
    processEntities: false,
    tagValueProcessor: (_name, value) => tagValueProcessor(value),
  });
  return parser.parse(xml);
}

export function getTraversalObj(xml) {
  return { child: Object.keys(parse(xml)).map((tagname) => [{ tagname }]) };
}

export class j2xParser {
  #builder;

  constructor({ tagValueProcessor = asItIs, attrNodeName, ...options } = {}) {
    this.#builder = new XMLBuilder({
      ...options,
      ...(attrNodeName && { attributesGroupName: attrNodeName, attributeNamePrefix: "" }),
      suppressBooleanAttributes: false,
      processEntities: false,
      tagValueProcessor: (_name, value) => tagValueProcessor(value),
    });
  }

  parse(object) {
    return this.#builder.build(object);
  }
}
