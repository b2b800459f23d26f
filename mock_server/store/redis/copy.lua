-- Helps to copy the store bit by bit, so that nobody waits for long. Each call gives what was added or changed since the
-- last one, some of it; and once it gives all, also the rest, so that everything that was given is of this moment.
-- ARGV: the number of the copy ('': it begins), the latest change, exchange and move that were given, and how many of
-- each are given at most.
local MINUTE = 60000
load_counters()
local time = call('TIME')
local now = math.max(tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000), get('at'))
local k = call('HMGET', K, 'copied', 'copy', 'noted', 'g', 'journal')
local copied = k[1] and now <= tonumber(k[1])
local copy, latest, most = k[2] or '0', tonumber(ARGV[2]), tonumber(ARGV[5])
if ARGV[1] == '' then
  if not copied then -- by nobody: what was noted for an earlier copy is old
    copy = whole(call('HINCRBY', K, 'copy', 1))
    call('UNLINK', P .. 'noted')
    call('ZADD', P .. 'noted', 0, '')
  end
  latest = tonumber(k[3]) or 0
elseif not copied or ARGV[1] ~= copy then
  return { 'gap' }
end
call('HSET', K, 'copied', whole(now + MINUTE))
call('PEXPIRE', P .. 'noted', 2 * MINUTE)

local tasks, entries, moves = {}, {}, {}
-- One more than are given, which tells whether there are more.
local since = call('ZRANGEBYSCORE', P .. 'noted', '(' .. whole(latest), '+inf', 'WITHSCORES', 'LIMIT', 0, most + 1)
local all = #since <= 2 * most
for i = 1, math.min(#since, 2 * most), 2 do
  local field = since[i]
  latest = tonumber(since[i + 1])
  for _, word in ipairs({ field, call('HGET', T, field), call('ZSCORE', W, field), call('ZSCORE', X, field) }) do
    tasks[#tasks + 1] = word
  end
end
local entry = forwards(entries, E, 'e_', tonumber(ARGV[3]), most)
local move = forwards(moves, M, 'm_', tonumber(ARGV[4]), most)
local is_over = all and entry >= get('e_made') and move >= get('m_made')
local rest = {}
if is_over then
  rest = {
    call('HGETALL', Y),
    call('HGETALL', V),
    call('HGETALL', Z),
    call('HGETALL', S),
    call('HGET', K, 'text'),
    call('ZRANGE', NS, 0, -1),
  }
end
-- Where one of these changes, what was given before is not what there is.
local begun = table.concat({ k[4] or '0', k[5] or '0', whole(get('e_forgotten')) }, ' ')
return { copy, begun, latest, entry, move, call('HGETALL', C), tasks, entries, moves, rest }
