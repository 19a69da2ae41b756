import { block, Directive, directive } from '../nginx/document';
import { variable, Word } from '../nginx/word';

/** Fields of the log: numbers are numbers, and what may hold several values or none is text. */
const FIELDS: [name: string, variable: string, isNumber?: boolean][] = [
  ['time', 'time_iso8601'],
  ['server', 'server_name'],
  ['client', 'remote_addr'],
  ['host', 'host'],
  ['method', 'request_method'],
  ['uri', 'request_uri'],
  ['protocol', 'server_protocol'],
  ['status', 'gatehouse_status', true],
  ['request_bytes', 'request_length', true],
  ['response_bytes', 'body_bytes_sent', true],
  ['request_time', 'request_time', true],
  ['target', 'upstream_addr'],
  ['target_status', 'upstream_status'],
  ['target_connect_time', 'upstream_connect_time'],
  ['target_header_time', 'upstream_header_time'],
  ['target_response_time', 'upstream_response_time'],
  ['user_agent', 'http_user_agent'],
  ['request_id', 'request_id'],
];

/** One JSON object a line, as words of log_format behind its name. */
export const JSON_LOG_FORMAT: Word[] = jsonLogFormat('server');

/** The JSON format with another name for what nginx calls the server. */
export function jsonLogFormat(serverField: string): Word[] {
  const fields = FIELDS.map(([name, value, isNumber]) => `"${name === 'server' ? serverField : name}":${isNumber ? `$${value}` : `"$${value}"`}`);
  return [Word.literal('escape=json'), Word.quoted(`{${fields.join(',')}}`)];
}

/** nginx prints a status of three digits, and "000" or "009" where a client left too early: neither is a number in JSON. */
export function jsonStatusMap(): Directive {
  return block('map', [Word.complex(variable('status')), Word.complex(variable('gatehouse_status'))], [
    directive('default', Word.complex(variable('status'))),
    directive('000', 0),
    directive('009', 9),
  ]);
}
