import { Word } from '../nginx/word';
import { JSON_LOG_FORMAT } from '../proxy/json-log';

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

/** What a connection is logged as. */
export const STREAM_LOG_FORMAT = Word.quoted([
  '[$time_local] $remote_addr -> $server_port "$protocol $status"',
  'Sent=[$bytes_sent] Received=[$bytes_received]',
  'Upstream=[$upstream_addr]',
  'Time=[$session_time connect $upstream_connect_time]',
].join(' '));

/** What a request is logged as: words of log_format behind its name. */
export const ACCESS_LOG_FORMATS: { [format: string]: Word[] } = {
  text: [Word.quoted(TEXT)],
  json: JSON_LOG_FORMAT,
};
