-- Commits decisions. Each group is about one task, or none: it is checked whole before anything of it is written.
-- ARGV[1] is a msgpack of the form that `batch.py` makes; numbers of byte strings in it are those of further arguments.
local a = cmsgpack.unpack(ARGV[1])
local bounds = a.bounds
local slot = P .. 'o:' .. a.writer
local last = call('GET', slot)
if last and tonumber(string.match(last, '^%d+')) >= a.number then
  return { 'past' }
end
local control = call('HMGET', K, 'v', 'u', 'copied')
if control[1] ~= a.control then
  return { 'control' }
end
refuse_if_full()
load_counters()
noting = control[3] and a.at <= tonumber(control[3])
local made = get('e_made')
local uses, changes, stirs = tonumber(control[2]) or 0, 0, false

local function claimed(claims)
  for _, claim in ipairs(claims) do
    local used = tonumber(call('HGET', S, claim[1])) or 0
    if claim[3] >= 0 and used + claim[2] > claim[3] then
      return false
    end
  end
  return true
end

local function oldest_with_items()
  for _, each in ipairs(call('XRANGE', D, '-', '+', 'COUNT', bounds.looked_at)) do
    local field = each[2][2]
    local _, _, given = struct.unpack(TASK, call('HGET', T, field))
    if given > 0 then
      return field
    end
  end
end

-- Makes room for a task with so many bytes of items: nil, or why there is none.
local function make_room(given)
  while given > 0 and get('given') + given > bounds.given do
    local field = oldest_with_items()
    if not field then
      return 'items'
    end
    drop(field, bounds.dropped)
  end
  if get('tasks') >= bounds.tasks then
    local first = call('XRANGE', D, '-', '+', 'COUNT', 1)[1]
    if not first then
      return 'full'
    end
    drop(first[2][2], bounds.dropped)
  end
end

local function put(g, field, current)
  noted(field)
  local vendor, id = split(field)
  local born, ended, owed = 0, 0, 0
  if current then
    local given
    born, ended, given, owed = struct.unpack(TASK, current)
    add('given', g.given - given)
  else
    call('ZREM', X, field)
    if call('HINCRBY', N, vendor, 1) == 1 then
      call('ZADD', NS, 'NX', call('ZCARD', NS), vendor)
    end
    born = get('b:' .. vendor) + 1
    set('b:' .. vendor, born)
    call('XADD', P .. 'b:' .. vendor, whole(born) .. '-1', 'k', id)
    add('tasks', 1)
    add('given', g.given)
  end
  if g.ended and ended == 0 then
    ended = get('ends') + 1
    set('ends', ended)
    call('XADD', D, whole(ended) .. '-1', 'k', field)
    add('ended', 1)
  elseif not g.ended and ended > 0 then
    call('XDEL', D, whole(ended) .. '-1')
    add('ended', -1)
    ended = 0
  end
  add('owed', g.owed - owed)
  call('HSET', T, field, struct.pack(TASK, born, ended, g.given, g.owed) .. ARGV[g.record])
  if g.wake ~= '' then
    local before = call('ZSCORE', W, field)
    if before == false or tonumber(before) ~= tonumber(g.wake) then
      call('ZADD', W, g.wake, field)
      stirs = true
    end
  else
    call('ZREM', W, field)
  end
  if g.trying then
    call('ZADD', U, 'NX', whole(a.at), field)
  elseif owed > 0 then
    call('ZREM', U, field)
  end
end

local by_status, seen, crossed = {}, {}, {}

local function tally(into, counts)
  for i = 1, #counts, 2 do
    local name = counts[i]
    if not into[name] then
      into[name] = #into + 1
      into[#into + 1] = name
      into[#into + 1] = 0
    end
    local at = into[name] + 1
    into[at] = into[at] + counts[i + 1]
  end
end

local function journal(g)
  for _, entry in ipairs(g.entries) do
    append(E, L, 'e_', entry[1] > 0 and ARGV[entry[1]] or '', entry[2], ARGV[entry[3]])
  end
  for i = 1, #g.counts, 2 do
    add(g.counts[i], g.counts[i + 1])
  end
  changes = changes + g.changes
  for _, move in ipairs(g.moves) do
    append(M, ML, 'm_', ARGV[g.field], 0, struct.pack('<I6', get('e_made') - move[2]) .. ARGV[move[1]])
  end
  tally(by_status, g.by_status)
  tally(seen, g.seen)
  tally(crossed, g.crossed)
end

local function commit(g)
  local field, current
  if g.field > 0 then
    field = ARGV[g.field]
    current = call('HGET', T, field)
    if (g.expected > 0 and ARGV[g.expected] or false) ~= current then
      return 'conflict'
    end
    if not current and g.dropped ~= (call('ZSCORE', X, field) ~= false) then
      return 'conflict'
    end
  end
  if not claimed(g.claims) then
    return 'conflict'
  end
  local birth = g.record > 0 and (g.drop or not current)
  if birth and not (g.drop and current) then
    local why = make_room(g.given)
    if why then
      return why
    end
  end
  for _, claim in ipairs(g.claims) do
    call('HINCRBY', S, claim[1], claim[2])
    uses = uses + 1
  end
  if g.drop then
    if current then
      forget(field, current)
      current = false
    end
    noted(field)
    call('ZREM', X, field)
  end
  if g.record > 0 then
    put(g, field, current)
  end
  journal(g)
  return 'ok'
end

local results = {}
for i, g in ipairs(a.groups) do
  results[i] = commit(g)
end
evict(E, L, 'e_', bounds.entries, bounds.size)
evict(M, ML, 'm_', bounds.moves, math.huge)
for i = 1, #by_status, 2 do
  call('HINCRBY', Y, by_status[i], by_status[i + 1])
end
count(V, VO, bounds.coverage, seen)
count(Z, ZO, bounds.coverage, crossed)
if a.at > get('at') then
  set('at', a.at)
end
save_counters()
if changes > 0 then
  call('HSET', K, 'u', whole(uses))
  call('HINCRBY', K, 'changes', changes)
end
local told = table.concat(results, ' ')
call('SET', slot, whole(a.number) .. ' ' .. told, 'PX', 3600000)
-- Last, and whatever comes of it: a user who may not publish has committed all the same.
if stirs then
  redis.pcall('PUBLISH', P .. 'told', 'w')
end
if get('e_made') > made and call('EXISTS', P .. 'waited') == 1 then
  redis.pcall('PUBLISH', P .. 'told', 'j')
end
return { 'done', told, whole(uses), stirs and 1 or 0 }
