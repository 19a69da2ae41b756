import { JSON_LOG_FORMAT } from '../proxy/json-log';
import { Word } from '../nginx/word';

const TEXT = [
  '[$time_local] $remote_addr -> $host "$request $status"',
  'Body-Length=[$body_bytes_sent]',
  'Referer=[$http_referer]',
  'User-Agent=[$http_user_agent]',
  'X-Forwarded-For=[$http_x_forwarded_for]',
  'Upstream=[$upstream_addr $upstream_status]',
  'Time=[$request_time connect $upstream_connect_time header $upstream_header_time response $upstream_response_time]',
  'Request-ID=[$request_id]',
].join(' ');

/** What a request is logged as: words of log_format behind its name. */
export const ACCESS_LOG_FORMATS: { [format: string]: Word[] } = {
  text: [Word.quoted(TEXT)],
  json: JSON_LOG_FORMAT,
};
